# SPDX-License-Identifier: GPL-2.0-or-later
#
# What changed between two releases, as commits that build: reads `git diff -U9` and prints
# "ORDER<TAB>COMMIT<TAB>PATH" for each file. Files go together
#
#	that use what a changed header or Kconfig declares: a kernel with only one of them does not
#	build;
#	that came, went, or are makefiles, in one folder;
#	that nothing else goes with, in one folder.
#
# The commit is named after one of its files, or after the folder. ORDER is 0 where much is compiled
# again because of it, else a number that is chance, and always the same.
#
# It reads no C, only lines. What so many use that the word says nothing (`state`) is left aside.

function root(x) {
	while (up[x] != x)
		x = up[x] = up[up[x]]
	return x
}

function join_files(a, b) {
	a = root(a)
	b = root(b)
	if (a != b)
		up[b] = a
}

function folder(file) {
	return sub(/[^\/]*$/, "", file) && file != "" ? file : "./"
}

# A number that is chance, and always the same.
function scramble(text,    i, sum) {
	for (i = 1; i <= length(text); i++)
		sum = (sum * 31 + index(letters, substr(text, i, 1))) % 1000003
	return sum
}

function use(word) {
	if (length(word) < 4 || (word, path) in used)
		return
	used[word, path] = 1
	uses[word]++
	users[word] = users[word] " " path
}

function declare(word) {
	if (!((word, path) in declared_in))
		declared[word] = declared[word] " " path
	declared_in[word, path] = 1
	use(word)
}

# The first word of the line that is left when the pattern is gone, and how it is told apart.
function declare_after(line, pattern, kind) {
	sub(pattern, "", line)
	sub(/[^A-Za-z0-9_].*/, "", line)
	declare(kind line)
}

# The last word before the pattern.
function declare_before(line, pattern, kind) {
	sub(pattern, "", line)
	sub(/.*[^A-Za-z0-9_]/, "", line)
	declare(kind line)
}

# Members are words with a dot, as they are used: a.member, a->member.
function read_declarations(line) {
	if (line ~ /^#[ \t]*define[ \t]/)
		declare_after(line, "^#[ \t]*define[ \t]+")
	else if (line ~ /^[A-Za-z_].*[A-Za-z0-9_]\(/)
		declare_before(line, "\\(.*")
	else if (line ~ /^(struct|enum|union) [a-z0-9_]+ *[{;]/)
		declare_after(line, "^[a-z]+ ")
	else if (line ~ /^\t+[A-Z][A-Z0-9_]+ *(,|=|$)/)
		declare_after(line, "^\t+")
	else if (line ~ /^\t+[a-z].*\(\*[a-z0-9_]+\)\(/)
		declare_after(line, ".*\\(\\*", ".")
	else if (line ~ /^\t+[a-z].*[ \t*][a-z0-9_]+(\[[^]]*\])*( *: *[0-9]+)?;/ &&
		 line !~ /[(=.>]|return|goto/)
		declare_before(line, "(\\[[^]]*\\])*( *: *[0-9]+)?;.*", ".")
}

function read_words(line,    before, word) {
	while (match(line, /[A-Za-z_][A-Za-z0-9_]*/)) {
		before = substr(line, RSTART - 1, 1)
		word = substr(line, RSTART, RLENGTH)
		line = " " substr(line, RSTART + RLENGTH)
		use(before == "." || before == ">" ? "." word : word)
	}
}

# All such files of a folder are one commit.
function goes_with_folder() {
	if (folder(path) in first_of)
		join_files(first_of[folder(path)], path)
	else
		first_of[folder(path)] = path
}

# What is not in an include folder is seen from its own folder and those below.
function sees(file, header) {
	return header ~ /(^|\/)include\/|Kconfig/ || index(file, folder(header)) == 1
}

function join_users(word,    headers, header_count, files_of, file_count, i, k) {
	if (uses[word] > (word ~ /^\./ ? 10 : 40))
		return
	header_count = split(declared[word], headers, " ")
	file_count = split(users[word], files_of, " ")
	for (k = 1; k <= header_count; k++)
		for (i = 1; i <= file_count; i++)
			if (sees(files_of[i], headers[k]))
				join_files(headers[k], files_of[i])
}

# What a line that changed says, and what the line says in whose parentheses it is: a prototype and
# its callers may change in their last lines alone.
function read_line(line) {
	if (path ~ /\.h$/)
		read_declarations(line)
	read_words(line)
}

# SIGN: "-" for the old text, "+" for the new one; of both is what did not change.
function follow(sign, line, changed) {
	if (changed)
		read_line(line)
	if (depth[sign] <= 0) {
		depth[sign] = 0
		opened[sign] = line
	} else if (changed) {
		read_line(opened[sign])
	}
	depth[sign] += gsub(/\(/, "", line) - gsub(/\)/, "", line)
}

BEGIN { letters = "abcdefghijklmnopqrstuvwxyz0123456789/-_.ABCDEFGHIJKLMNOPQRSTUVWXYZ" }
/^diff --git / {
	path = substr($3, 3)
	up[path] = path
	files[++count] = path
	if (path ~ /(Makefile|Kbuild)$/ && path ~ /\//)
		goes_with_folder()
	next
}
/^(new|deleted) file mode/ { goes_with_folder() }
/^(---|\+\+\+) / { next }
/^@@ / { depth["-"] = depth["+"] = 0 }
/^[-+ ]/ {
	sign = substr($0, 1, 1)
	line = substr($0, 2)
	if (sign != " " && path ~ /Kconfig/ && line ~ /^(config|menuconfig) /)
		declare("CONFIG_" $2)
	if (path !~ /\.[chS]$/)
		next
	sub(/^[ \t]*\*.*|\/\*.*|\/\/.*/, "", line)
	gsub(/"[^"]*"/, "", line)
	if (sign != "+")
		follow("-", line, sign == "-")
	if (sign != "-")
		follow("+", line, sign == "+")
}
END {
	for (word in declared)
		join_users(word)
	for (i = 1; i <= count; i++) {
		size[root(files[i])]++
		if (files[i] ~ /(^|\/)(include|scripts)\/|Kconfig|^[^\/]*$/)
			wide[root(files[i])] = 1
	}
	# Which of its files is its root is chance: the name is the first one's.
	for (i = 1; i <= count; i++) {
		r = root(files[i])
		if (!(r in name))
			name[r] = files[i]
		commit = size[r] == 1 ? folder(files[i]) : name[r]
		print (r in wide ? 0 : 1 + scramble(commit)) "\t" commit "\t" files[i]
	}
}
