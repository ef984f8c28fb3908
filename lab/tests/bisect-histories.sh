# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Histories of a kernel's source with a planted bug each, the same for the stand-in of
# fake-bisect-check and for real sources. Sourced; the caller is in the repository, on a commit
# without the bug, and has these functions, which edit files there:
#
#	note TEXT		changes the kernel, and breaks nothing
#	aside TEXT		changes nothing that the kernel is built of
#	bug PERMILLE		plants the bug, which shows in so many of 1000 boots
#	bug_of_option NAME	the bug, where the kernel has the option: WBT or KLAB_LATE
#	new_option		there is the option KLAB_LATE from here on
#	lose_option, get_option	WBT cannot be turned on; can be again
#	half_bug A | half_bug B	both together are the bug
#	no_bug			takes it out
#	other_bug PERMILLE	another one, a crash; no_other_bug takes it out
#	break_build, mend_build, break_boot, mend_boot
#
# and these, which make commits:
#
#	commit TEXT		everything as it is now
#	notes FROM TO		commits that are nothing, a note in each
#	mark NAME		the last commit has the tag $history_name/NAME
#	branch_off		what follows is on a branch, until
#	main_branch		it is on the main line again, where it was, and
#	merge_branches		merges the branch. Notes of both are in files of their own.
#	begin_history NAME, end_history
#
# history NAME makes the branch NAME; tags NAME/good, NAME/bad, NAME/culprit.

culprit() {
	commit "the bug" && mark culprit
}

history_always() {
	notes 1 6 &&
		aside before && commit "aside, before" &&
		bug 1000 && culprit &&
		aside after && commit "aside, after" &&
		notes 7 9
}

# As rare as PERMILLE.
history_rare() {
	notes 1 3 && bug 100 && culprit && notes 4 7
}

# The commit is one of those that do not build.
history_unbuildable() {
	notes 1 3 &&
		break_build && commit "does not build" &&
		bug 1000 && culprit &&
		note 4 && commit "does not build, either" &&
		mend_build && commit "builds again" &&
		notes 5 8
}

# It is behind them.
history_behind_unbuildable() {
	notes 1 2 &&
		break_build && commit "does not build" && notes 3 4 &&
		mend_build && commit "builds again" && note 5 && commit "note 5" &&
		bug 1000 && culprit && notes 6 8
}

history_unbootable() {
	notes 1 2 &&
		break_boot && commit "does not boot" && notes 3 4 &&
		mend_boot && commit "boots again" && note 5 && commit "note 5" &&
		bug 1000 && culprit && notes 6 8
}

# A crash that is not meant comes earlier, and now and then.
history_second_crash() {
	note 1 && commit "note 1" &&
		other_bug 400 && commit "another bug" && notes 2 4 &&
		bug 1000 && culprit && notes 5 8
}

# Always there in a part of it, and gone before the end.
history_hidden_by_crash() {
	notes 1 3 &&
		other_bug 1000 && commit "another bug" && notes 4 5 &&
		no_other_bug && commit "without the other bug" && note 6 && commit "note 6" &&
		bug 1000 && culprit && notes 7 9
}

history_on_branch() {
	notes 1 2 && branch_off && notes 10 10 && bug 1000 && culprit && notes 11 11 &&
		main_branch && notes 20 22 && merge_branches && notes 3 5
}

# Each side is good, and what they make together is not.
history_in_merge() {
	notes 1 2 && branch_off &&
		half_bug A && commit "one half" && aside side && commit "aside" &&
		main_branch && half_bug B && commit "the other half" && notes 20 22 &&
		merge_branches && mark culprit && notes 3 5
}

history_option() {
	notes 1 4 && bug_of_option WBT && culprit && notes 5 9
}

# Older commits do not have it, and so not the bug.
history_late_option() {
	notes 1 2 && new_option && commit "an option" && notes 3 4 &&
		bug_of_option KLAB_LATE && culprit && notes 5 6
}

# Some have the option, and it cannot be on.
history_lost_option() {
	notes 1 2 && lose_option && commit "an option less" && notes 3 4 &&
		get_option && commit "the option again" && note 5 && commit "note 5" &&
		bug_of_option WBT && culprit && notes 6 8
}

# The bad end is good: the bug was taken out.
history_bad_is_good() {
	notes 1 4
}

# The good end is bad.
history_good_is_bad() {
	bug 1000 && commit "the bug" && mark good && notes 1 8
}

history() {
	begin_history "$1" && mark good && "history_$1" && mark bad && end_history
}
