// Completion scripts, from the table of commands. They hold every word themselves except the names of secrets, which names.ts
// keeps: nothing is asked while somebody types.

import type { Option, Options } from "./command.ts";

export const shells = ["bash", "zsh", "fish", "powershell"] as const;

export interface Words {
	/** One word, or two. */
	readonly name: string;
	readonly summary: string;
	/** What its argument may be, where that is a list. */
	readonly takes: readonly string[];
	readonly options: Options;
	/** Its argument is a secret's name. */
	readonly takesSecret: boolean;
}

export const scriptFor = (shell: (typeof shells)[number], words: readonly Words[]): string =>
	({ bash, zsh, fish, powershell })[shell](words);

const flags = (options: Options): string[] => [...Object.keys(options).map((name) => `--${name}`), "--help"];
const withChoices = (options: Options): [string, Option & { choices: readonly string[] }][] =>
	Object.entries(options).flatMap(([name, option]) =>
		option.choices
			? [[name, { ...option, choices: option.choices }] as [string, typeof option & { choices: readonly string[] }]]
			: [],
	);
const firsts = (words: readonly Words[]): string[] => [...new Set(words.map(({ name }) => name.split(" ")[0]!))];
const seconds = (words: readonly Words[], first: string): string[] =>
	words.flatMap(({ name }) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []));

function bash(words: readonly Words[]): string {
	const cases = words.map(({ name, takes, options, takesSecret }) => {
		const values = withChoices(options).map(
			([option, { short, choices }]) =>
				`        ${[`--${option}`, ...(short ? [`-${short}`] : [])].join("|")}) COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$cur")); return;;\n`,
		);
		const valued = values.length === 0 ? "" : `      case "$prev" in\n${values.join("")}      esac\n`;
		const offered = [...flags(options), ...takes, ...seconds(words, name)].join(" ");
		const names = takesSecret ? " $(_rotator_names)" : "";
		return `    "${name}")\n${valued}      COMPREPLY=($(compgen -W "${offered}${names}" -- "$cur"));;\n`;
	});
	const two = words.filter(({ name }) => name.includes(" ")).map(({ name }) => `"${name}"`);
	const onlyFirsts = firsts(words).filter((first) => !words.some(({ name }) => name === first));
	return `# bash completion of rotator
_rotator_names() {
  grep -xE '[0-9A-Za-z-]{1,119}' "\${XDG_CACHE_HOME:-$HOME/.cache}/rotator/names" 2>/dev/null
}
_rotator() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${firsts(words).join(" ")}" -- "$cur")); return
  fi
  command="\${COMP_WORDS[1]}"
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
    ${two.join("|")}) [ "$COMP_CWORD" -gt 2 ] && command="\${COMP_WORDS[1]} \${COMP_WORDS[2]}";;
  esac
  case "$command" in
${cases.join("")}${onlyFirsts.map((first) => `    "${first}") COMPREPLY=($(compgen -W "${seconds(words, first).join(" ")}" -- "$cur"));;\n`).join("")}  esac
}
complete -o default -F _rotator rotator
`;
}

/** zsh runs bash's. */
const zsh = (words: readonly Words[]): string => `# zsh completion of rotator
autoload -U +X bashcompinit && bashcompinit
${bash(words)}`;

const fishText = (text: string): string => `'${text.replace(/['\\]/g, "\\$&")}'`;

function fish(words: readonly Words[]): string {
	const lines = ["# fish completion of rotator", "complete -c rotator -f"];
	for (const first of firsts(words)) {
		const summary = words.find(({ name }) => name === first || name.startsWith(`${first} `))!.summary;
		lines.push(`complete -c rotator -n __fish_use_subcommand -a ${first} -d ${fishText(summary)}`);
	}
	for (const { name, takes, options, summary, takesSecret } of words) {
		const [first, second] = name.split(" ");
		const when = fishText(
			second
				? `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`
				: `__fish_seen_subcommand_from ${first}`,
		);
		if (second)
			lines.push(
				`complete -c rotator -n ${fishText(`__fish_seen_subcommand_from ${first}`)} -a ${second} -d ${fishText(summary)}`,
			);
		if (takesSecret)
			lines.push(
				`complete -c rotator -n ${when} -a '(set -q XDG_CACHE_HOME; and set -l cache $XDG_CACHE_HOME; or set -l cache ~/.cache; cat $cache/rotator/names 2>/dev/null)'`,
			);
		if (takes.length > 0) lines.push(`complete -c rotator -n ${when} -a ${fishText(takes.join(" "))}`);
		for (const [option, { short, what, type, choices }] of Object.entries(options)) {
			const value = type === "boolean" ? "" : choices ? ` -x -a ${fishText(choices.join(" "))}` : " -x";
			lines.push(
				`complete -c rotator -n ${when} -l ${option}${short ? ` -s ${short}` : ""}${value} -d ${fishText(what)}`,
			);
		}
	}
	return `${lines.join("\n")}\n`;
}

const psText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const psList = (texts: readonly string[]): string => `@(${texts.map(psText).join(", ")})`;

function powershell(words: readonly Words[]): string {
	const offered = words.map(
		({ name, takes, options }) =>
			`    ${psText(name)} = ${psList([...flags(options), ...takes, ...seconds(words, name)])}`,
	);
	const onlyFirsts = firsts(words)
		.filter((first) => !words.some(({ name }) => name === first))
		.map((first) => `    ${psText(first)} = ${psList(seconds(words, first))}`);
	const values = words.flatMap(({ name, options }) =>
		withChoices(options).flatMap(([option, { short, choices }]) =>
			[`--${option}`, ...(short ? [`-${short}`] : [])].map(
				(flag) => `    ${psText(`${name} ${flag}`)} = ${psList(choices)}`,
			),
		),
	);
	const takers = psList(words.filter(({ takesSecret }) => takesSecret).map(({ name }) => name));
	return `# PowerShell completion of rotator
Register-ArgumentCompleter -Native -CommandName rotator -ScriptBlock {
  param($word, $ast, $position)
  $commands = ${psList(firsts(words))}
  $offered = @{
${[...offered, ...onlyFirsts].join("\n")}
  }
  $values = @{
${values.join("\n")}
  }
  $typed = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($word -ne '' -and $typed.Count -gt 0) { $typed = @($typed | Select-Object -SkipLast 1) }
  if ($typed.Count -eq 0) { $found = $commands }
  else {
    $command = $typed[0]
    if ($typed.Count -gt 1 -and $offered.ContainsKey("$($typed[0]) $($typed[1])")) { $command = "$($typed[0]) $($typed[1])" }
    $found = $values["$command $($typed[-1])"]
    if ($null -eq $found) {
      $found = $offered[$command]
      $cache = if ($env:LOCALAPPDATA) { $env:LOCALAPPDATA } elseif ($env:XDG_CACHE_HOME) { $env:XDG_CACHE_HOME } else { "$HOME/.cache" }
      if (${takers} -contains $command) { $found += @(Get-Content "$cache/rotator/names" -ErrorAction SilentlyContinue) }
    }
  }
  $found | Where-Object { $_ -like "$word*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`;
}
