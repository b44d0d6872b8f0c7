// Commands that use a simulated host and need the lab package.

import { withLab } from '../rehearse/with-lab.ts';
import type { CommandGroup } from './group.ts';

/** Commands to try a configuration, or Phoenix as a whole, safely. */
export function addLabCommands({ root, io, command, ending }: CommandGroup): void {
  root.commandsGroup('Without a host:');
  command('rehearse [path]', 'apply a configuration to a lab host for real, twice', 'rehearse . --from main --to HEAD')
    .option('--from <rev>', 'the state to begin with; an empty host when not given')
    .option('--to <rev>', 'the commit to apply; the folder as it is when not given')
    .option('--approve', 'go ahead with what destroys or rebuilds a guest; it waits otherwise', false)
    .option('--root <dir>', 'the config root, when it is not to be found by itself')
    .option('--json', 'answer with one JSON document', false)
    .action(async (path = '.', options) =>
      ending((await withLab('rehearse', () => import('../rehearse/rehearse.ts'))).rehearse({ path, ...options }, io)),
    );

  command('demo', 'all of Phoenix on this machine, over a lab host', 'demo --once')
    .option('--once', 'end after the story; 0 only if all went well', false)
    .action(async (options) => ending((await withLab('demo', () => import('../demo.ts'))).demo(options, io)));

  command('lab <dir> [command...]', 'a simulated Proxmox host kept in a folder', 'lab /tmp/pve -- pct list')
    .option('--running <id>', 'set this guest running, as a kernel would', collect, [])
    .option('--stopped <id>', 'set this guest stopped', collect, [])
    .option('--age <certificate>', 'make this file of the host one that is near its end', collect, [])
    .option('--forge', 'start a forge too, which the command may follow', false)
    .action(async (dir, words, options) =>
      ending((await withLab('lab', () => import('../rehearse/lab.ts'))).runLab(dir, options, words)),
    );
}

function collect(text: string, before: readonly string[]): string[] {
  return [...before, text];
}
