// A lab host whose programs are real child processes, as an agent sees it, and the record of what was run there.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openContents } from '../../src/io/host/content.ts';
import { localHost } from '../../src/io/host/local.ts';
import { openRedactor } from '../../src/io/redact.ts';
import { openSecrets } from '../../src/io/secrets.ts';
import { createLab } from '../../src/lab/proxmox/create.ts';
import type { HostOf } from './agent.ts';

export interface Lab {
  readonly folder: string;
  readonly host: HostOf;
  /** Command lines so far, oldest first; those that only look are left out unless asked for. */
  commands(all?: boolean): string[];
  /** Text of a file of the host, or of a guest's configuration. */
  read(path: string): string;
  has(path: string): boolean;
  close(): Promise<void>;
}

const LOOKING =
  /^(pvesh get|pct (config|status|list|listsnapshot|exec \S+ -- (cat|test))|qm (config|status|list|listsnapshot)|pvesm|hostname)/;

export async function openLab(): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-lab-'));
  createLab(folder);
  const log = join(folder, 'commands.log');
  return {
    folder,
    host: (repository) => {
      const redactor = openRedactor();
      const product = fileURLToPath(new URL('../..', import.meta.url));
      const contents = openContents({ repository, secrets: openSecrets({}, redactor), product });
      const host = localHost({ node: 'pve', contents, redactor, root: folder, path: join(folder, 'bin') });
      return {
        ...host,
        async run(command, options) {
          appendFileSync(log, `${JSON.stringify([command.program, ...command.args].join(' '))}\n`);
          return host.run(command, options);
        },
      };
    },
    commands(all = false) {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
      return lines.map((line) => JSON.parse(line) as string).filter((line) => all || !LOOKING.test(line));
    },
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    has: (path) => existsSync(join(folder, path)),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
