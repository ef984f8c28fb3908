/*<![CDATA[*/
/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys to go from difference to difference; all there is to read is there without it. */
(function () {
	"use strict";
	var marks = Array.prototype.slice.call(document.querySelectorAll("[data-d]"));
	var output = document.getElementById("at");
	var current = -1;

	/* Inside of the console only: the page stays where it is. */
	function scrollConsole(row) {
		var box = row.closest(".console");

		if (box)
			box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top -
					 box.clientHeight / 3;
	}

	function open(element) {
		for (var d = element.closest("details"); d; d = d.parentElement.closest("details"))
			d.open = true;
	}

	function go(index) {
		if (!marks.length)
			return;
		current = (index + marks.length) % marks.length;
		open(marks[current]);
		scrollConsole(marks[current]);
		marks[current].focus({ preventScroll: true });
		marks[current].scrollIntoView({ block: "center" });
		output.textContent = "difference " + (current + 1) + " of " + marks.length;
	}

	document.addEventListener("keydown", function (event) {
		if (event.ctrlKey || event.metaKey || event.altKey)
			return;
		if (event.key === "n")
			go(current + 1);
		else if (event.key === "p")
			go(current < 0 ? -1 : current - 1);
		else
			return;
		event.preventDefault();
	});
	/* Both consoles begin where they part. */
	document.querySelectorAll(".console").forEach(function (box) {
		var first = box.querySelector("[data-d]");

		if (first)
			scrollConsole(first);
	});
	if (marks.length) {
		document.getElementById("keys").hidden = false;
		output.textContent = marks.length + (marks.length === 1 ? " difference" : " differences");
	}
})();
/*]]>*/
