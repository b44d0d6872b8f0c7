// Finds lines of firewall files that Proxmox ignores. The firewall daemon reads the files asynchronously and reports nothing; only `pve-firewall
// compile`, which applies nothing, prints on standard error which lines it does not understand, and exits with 0 all the same.

import type { HostReader } from '../../manager.ts';

export interface FirewallFault {
  /** The file, such as `/etc/pve/firewall/101.fw`; null where Proxmox names none, as for a set that is missing when chains are built. */
  readonly file: string | null;
  /** In Proxmox's words, on one line. */
  readonly words: string;
}

/** Compiles all firewall files of the node. @throws Error when the command fails */
export async function compileFirewall(host: HostReader): Promise<FirewallFault[]> {
  const command = { kind: 'command', program: 'pve-firewall', args: ['compile'], timeoutSeconds: 120 } as const;
  const { exit, stderr, ended } = await host.run(command);
  const faults = parseFaults(stderr);
  if (exit === 0 || faults.length > 0) return faults;
  throw new Error(`pve-firewall compile: ${ended === 'exited' ? `exit ${exit}` : ended}`);
}

/** A fault is one line, followed by indented lines with the reason. */
function parseFaults(stderr: string): FirewallFault[] {
  const faults: { file: string | null; words: string }[] = [];
  for (const line of stderr.split('\n')) {
    const last = faults.at(-1);
    if (line.trim() === '') continue;
    if (/^\s/.test(line) && last !== undefined) last.words += `; ${line.trim()}`;
    else faults.push({ file: /^(\S+\.fw) \(line \d+\)/.exec(line)?.[1] ?? null, words: line.trim() });
  }
  return faults;
}

/** The faults of one file: those that name it, and those that name no file and quote something from it. */
export function faultsIn(faults: readonly FirewallFault[], path: string, text: string): string[] {
  return faults
    .filter(({ file, words }) => (file === null ? quotes(words, text) : file === path))
    .map(({ words }) => words);
}

/** Whether a quoted name is a whole word of the text. */
function quotes(words: string, text: string): boolean {
  return [...words.matchAll(/'([^']+)'/g)].some(([, quoted = '']) =>
    new RegExp(`(?<![\\w-])${RegExp.escape(quoted)}(?![\\w-])`).test(text),
  );
}
