// A lab host whose programs are real child processes, as for a real agent, and the log of its commands.

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CallOrders, createLab, labNetwork, labPath, nodeOwners, programsHere } from 'phoenix-lab/host';
import { openContents } from '../../../src/io/host/content.ts';
import { localHost } from '../../../src/io/host/local.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import { openSecrets, type SecretSources } from '../../../src/io/secrets.ts';
import { DEFAULT_BOUNDS } from '../../../src/settings/secret-bounds.ts';
import type { HostOf } from '../agent/agent.ts';

export interface Lab {
  readonly folder: string;
  readonly host: HostOf;
  /** Changing command lines since the last call, without the guests' notes. */
  news(): string[];
  /** All command lines, unabridged. */
  commands(): string[];
  /** Sets faults of calls, and the duration of each in milliseconds. */
  order(orders: CallOrders): void;
  /** A guest's configuration; undefined when there is none. */
  guest(id: number): string | undefined;
  /** Edits a guest's configuration, as a person might without Phoenix. */
  edit(id: number, change: (text: string) => string): void;
  close(): Promise<void>;
}

const READING_PROGRAMS =
  /^(pvesh get|pct (config|status|list|listsnapshot|exec \S+ -- (cat|test))|qm (config|status|list|listsnapshot)|pvesm|pve-firewall (compile|localnet)|hostname)/;

/** Whether a command line changes nothing. */
export function isLooking(line: string): boolean {
  return READING_PROGRAMS.test(line);
}

/** @param programs `here`: in the test's process, which is much faster; `processes`: as child processes */
export async function openLab(programs: 'here' | 'processes' = 'processes'): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-lab-'));
  createLab(folder);
  let told = 0;
  const commands = () => {
    const log = commandLog(folder);
    const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
    // A process may be writing its line at this moment: the part after the last line end is incomplete.
    const lines = text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as string);
  };
  return {
    folder,
    host: labHost(folder, programs),
    commands,
    news() {
      const all = commands();
      const news = all.slice(told).filter((line) => !isLooking(line));
      told = all.length;
      return news.map((line) => line.replace(/ --description .*$/s, ''));
    },
    order: (orders) => writeFileSync(join(folder, 'lab.json'), JSON.stringify(orders)),
    guest(id) {
      return existsSync(configOf(folder, id)) ? readFileSync(configOf(folder, id), 'utf8') : undefined;
    },
    edit(id, change) {
      writeFileSync(configOf(folder, id), change(readFileSync(configOf(folder, id), 'utf8')));
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The host of an agent for the lab in a folder, in any process. */
export function labHost(
  folder: string,
  programs: 'here' | 'processes' = 'processes',
  secrets: Partial<SecretSources> = {},
): HostOf {
  return (repository) => {
    const redactor = secrets.redactor ?? openRedactor();
    const product = fileURLToPath(new URL('../../..', import.meta.url));
    const contents = openContents({
      repository,
      secrets: openSecrets({ environment: {}, redactor, bounds: DEFAULT_BOUNDS, ...secrets, blob: repository.blob }),
      product,
    });
    const { dial } = labNetwork(folder);
    const host = localHost({
      node: 'pve',
      contents,
      redactor,
      root: folder,
      owners: nodeOwners(folder),
      dial,
      ...(programs === 'here' ? { runs: programsHere(folder) } : { path: labPath(folder), system: false }),
    });
    return {
      ...host,
      async run(command, options) {
        appendFileSync(commandLog(folder), `${JSON.stringify([command.program, ...command.args].join(' '))}\n`);
        return host.run(command, options);
      },
    };
  };
}

function configOf(folder: string, id: number): string {
  return join(folder, `etc/pve/lxc/${id}.conf`);
}

function commandLog(folder: string): string {
  return join(folder, 'commands.log');
}
