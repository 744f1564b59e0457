# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for klab: the program itself knows what fits (klab __complete).

function __klab_complete
	set -l words (commandline -opc) (commandline -ct)
	set -l current (commandline -ct)

	for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
		switch $line
			case :files
				__fish_complete_path $current
			case :directories
				__fish_complete_directories $current
			case '*'
				echo $line
		end
	end
end

complete -c klab -f -a '(__klab_complete)'
