# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for klab: the program itself knows what fits (klab __complete).

_klab()
{
	local line current=${COMP_WORDS[COMP_CWORD]}
	local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}")

	COMPREPLY=()
	# bash has broken the word at "=": what it replaces is only what is behind that.
	[[ $current == = ]] && current=
	while IFS= read -r line; do
		case $line in
		:files)
			compopt -o filenames
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
			;;
		:directories)
			compopt -o filenames
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$current")
			;;
		*)
			line=${line%%$'\t'*}
			[[ $line == --*=* ]] && line=${line#*=}
			[[ $line == *= ]] && compopt -o nospace
			COMPREPLY+=("$line")
			;;
		esac
	done < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
}

complete -F _klab klab
