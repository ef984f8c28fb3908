/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Appended to a copy of a page by page-check, in a frame of the width asked for: looks at the page
 * as a reader would, and tells the frame's parent "NAME: ok" or "NAME: why not" for each check. */
(function () {
	"use strict";
	var results = [];
	var marks = document.querySelectorAll("[data-d]");

	function check(name, why) {
		results.push(name + ": " + (why || "ok"));
	}

	function press(key) {
		document.dispatchEvent(new KeyboardEvent("keydown", { key: key, bubbles: true }));
	}

	function place(element) {
		return element.getBoundingClientRect();
	}

	function inView(element) {
		var box = place(element);

		return box.height > 0 && box.top >= 0 && box.top < innerHeight;
	}

	/* WCAG 2: how far two colours are apart. */
	function luminance(color) {
		var parts = color.match(/[0-9.]+/g).slice(0, 3).map(function (c) {
			c = c / 255;
			return c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
		});

		return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
	}

	function background(element) {
		for (; element; element = element.parentElement) {
			var color = getComputedStyle(element).backgroundColor;

			if (!/, 0\)$/.test(color) && color !== "transparent")
				return color;
		}
		return "rgb(255, 255, 255)";
	}

	function contrast(element) {
		var a = luminance(getComputedStyle(element).color), b = luminance(background(element));

		return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
	}

	function checkWidth() {
		var root = document.documentElement;

		check("nothing is wider than the window",
		      root.scrollWidth > innerWidth && root.scrollWidth + " of " + innerWidth);
	}

	function checkContrast() {
		var worst = 99, which = "";

		document.querySelectorAll("p, td, th, li, i, small, span, a, summary").forEach(function (e) {
			var c = e.textContent.trim() && place(e).height ? contrast(e) : 99;

			if (c < worst) {
				worst = c;
				which = e.tagName + "." + e.className + " \"" + e.textContent.slice(0, 40) + "\"";
			}
		});
		check("text stands out from its background", worst < 4.5 && worst.toFixed(2) + " " + which);
	}

	function checkScheme() {
		var dark = luminance(getComputedStyle(document.body).backgroundColor) < 0.2;

		check("colours follow the reader's scheme",
		      dark !== matchMedia("(prefers-color-scheme: dark)").matches && "dark: " + dark);
	}

	function checkKeys() {
		var first;

		press("n");
		first = document.activeElement;
		check("n goes to a difference", !(first.hasAttribute("data-d") && inView(first)) && first.tagName);
		check("focus is seen", getComputedStyle(first).outlineStyle === "none" && "no outline");
		press("n");
		check("n goes on", marks.length > 1 &&
		      !(document.activeElement !== first && inView(document.activeElement)) && "it stays");
		press("p");
		check("p goes back", document.activeElement !== first && "not there");
		press("p");
		check("p goes round", document.activeElement !== marks[marks.length - 1] && "not the last");
	}

	function checkSkipLinks() {
		var links = document.querySelectorAll("a.skip");

		check("skip links come first", document.querySelector("a") !== links[0] && "another link");
		links.forEach(function (link) {
			check("skip link " + link.hash, !document.querySelector(link.hash) && "goes nowhere");
			link.focus();
			check("skip link " + link.hash + " is seen with focus", !inView(link) && "it is not");
		});
	}

	/* Lines that stand beside each other stay so, however far it is scrolled. */
	function checkConsole() {
		var box = document.querySelector(".console");
		var row = box && box.querySelector("tbody tr:not([class])");
		var first = box && box.querySelector("[data-d]");
		var wide = innerWidth > 720;

		if (!box)
			return;
		check("the console scrolls by itself", box.scrollHeight <= box.clientHeight && "all is shown");
		box.scrollTop = 0;
		check("what is the same " + (wide ? "stands twice" : "stands once"),
		      (place(row.cells[3]).height > 0) !== wide && "it does not");
		[0, 200, box.scrollHeight].forEach(function (top) {
			box.scrollTop = top;
			if (wide)
				check("both consoles scroll to " + (top && (top > 200 ? "the end" : top)),
				      Math.abs(place(row.cells[1]).top - place(row.cells[3]).top) > 1 && "apart");
		});
		box.scrollTop = 0;
		first.focus({ preventScroll: true });
		press("n");
		press("p");
	}

	/* Before anything was scrolled: where they part is in sight. */
	function checkStart() {
		document.querySelectorAll(".console").forEach(function (box) {
			var first = box.querySelector("[data-d]"), a = place(box), b = first && place(first);

			if (first)
				check("the console begins where they part",
				      !(b.top >= a.top && b.bottom <= a.bottom) && "out of sight");
		});
	}

	function all() {
		check("nothing of the guest ran", window.pwned && "it did");
		checkStart();
		checkWidth();
		checkScheme();
		checkContrast();
		checkSkipLinks();
		checkConsole();
		if (marks.length)
			checkKeys();
		checkWidth();
		results.push("done: " + results.length);
	}

	try {
		all();
	} catch (e) {
		results.push("the checks ran: " + e);
	}
	parent.postMessage(results.join("\n"), "*");
})();
