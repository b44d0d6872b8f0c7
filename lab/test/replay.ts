// The lab against a recorded session, command by command. Alike means: success or failure, the first line of the error output, and the
// files that were written.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createLab, setGuestState } from '../src/proxmox/create.ts';
import { openNode, setAgent } from '../src/proxmox/node.ts';
import { PROGRAMS } from '../src/proxmox/programs.ts';

export type Row =
  | { argv: string[]; rc: number; stdout?: string; stderr: string }
  | { given: 'running' | 'stopped' | 'guest agent answers'; id: number }
  | { given: 'file'; file: string; content: string }
  | { file: string; content: string | null };

/** Why a row is skipped; undefined for rows that the lab must match. */
function leftOut(row: Row): string | undefined {
  if (!('argv' in row)) return undefined;
  const [program = ''] = row.argv;
  if (PROGRAMS[program] === undefined) return `${program} (Phoenix does not call it)`;
  if (/^(403 Permission|only root can set)/.test(row.stderr))
    return 'calls of a user other than root@pam (Phoenix is root on the host)';
  if (row.stderr.startsWith('lxc-attach: ')) return 'pct exec where no process of the guest was there to attach to';
  return undefined;
}

/** What no two runs have in common: generated addresses and ids, times, and the order of firewall options. */
function normalised(text: string | null): string | null {
  if (text === null) return null;
  return (
    text
      .replace(/BC:24:11(:[0-9A-F]{2}){3}/g, 'MAC')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
      .replace(/^(cipassword: \$5\$).*$/gm, '$1HASH')
      .replace(/^(snaptime: )\d+$/gm, '$1TIME')
      .replace(/(ctime=)\d+/g, '$1TIME')
      // The size of an EFI disk on a storage, and of the CD image of the recorded session.
      .replace(/^(efidisk0: .*size=)\w+$/gm, '$1SIZE')
      .replace(/(:iso\/.*size=)\w+/g, '$1SIZE')
      .replace(
        /\[OPTIONS\]\n\n((?:.+\n)+)/,
        (_, options: string) => `[OPTIONS]\n\n${options.split('\n').sort().join('\n')}\n`,
      )
  );
}

/** What Perl complains of in Proxmox's code is no word of the programs. */
const firstLine = (text: string): string =>
  text.split('\n').find((line) => !line.startsWith('Use of uninitialized value')) ?? '';

/**
 * The drives whose sizes a session does not tell: its storage keeps the size that a disk had before `qm resize`, and reads it when the
 * drive is set again.
 */
class UnknownSizes {
  private readonly resized = new Set<string>();
  private readonly unknown = new Set<string>();

  note(argv: readonly string[]): void {
    const [program, ...words] = argv.filter((word) => word !== 'disk');
    if (program !== 'qm') return;
    const [verb, id, ...rest] = words;
    if (verb === 'resize') this.resized.add(`${id} ${rest[0]}`);
    if (verb !== 'set') return;
    for (const word of rest)
      if (this.resized.has(`${id} ${word.replace(/^--/, '')}`)) this.unknown.add(`${id} ${word.replace(/^--/, '')}`);
  }

  without(file: string, text: string | null): string | null {
    const id = /qemu-server\/(\d+)\.conf$/.exec(file)?.[1];
    return (
      text?.replace(/^(\w+)(: .*,size=)\w+/gm, (line, key: string, before: string) =>
        this.unknown.has(`${id} ${key}`) ? `${key}${before}SIZE` : line,
      ) ?? null
    );
  }
}

/** The lines that only one of two texts has. */
function linesApart(expected: string | null | undefined, written: string | null | undefined): string {
  const [real, ours] = [expected, written].map((text) => text?.split('\n') ?? ['no such file']);
  const only = (some: readonly string[] = [], others: readonly string[] = []) =>
    some.filter((line) => !others.includes(line)).join(' | ');
  return `  expected: ${only(real, ours) || 'the same lines in another order'}\n  written:  ${only(ours, real)}`;
}

async function differencesOf(dir: string, row: Row, sizes: UnknownSizes): Promise<string[]> {
  if ('given' in row) {
    if (row.given === 'file') {
      mkdirSync(dirname(join(dir, row.file)), { recursive: true });
      writeFileSync(join(dir, row.file), row.content, { mode: row.content.startsWith('#!') ? 0o755 : 0o644 });
    } else if (row.given === 'guest agent answers') setAgent(openNode(dir), row.id, true);
    else setGuestState(dir, row.id, row.given);
    return [];
  }
  if ('file' in row) {
    const path = join(dir, row.file);
    const written = existsSync(path) ? readFileSync(path, 'utf8') : null;
    const [real, ours] = [row.content, written].map((text) => sizes.without(row.file, normalised(text)));
    return ours === real ? [] : [`${row.file}\n${linesApart(real, ours)}`];
  }
  const [program = '', ...argv] = row.argv;
  sizes.note(row.argv);
  const run = await PROGRAMS[program]?.();
  const answer = run?.(openNode(dir), argv) ?? { rc: 127, stdout: '', stderr: 'no such program' };
  const alike = (answer.rc === 0) === (row.rc === 0) && firstLine(answer.stderr) === firstLine(row.stderr);
  return alike
    ? []
    : [
        `${row.argv.join(' ')}\n  expected: ${row.rc} ${firstLine(row.stderr)}\n  answered: ${answer.rc} ${firstLine(answer.stderr)}`,
      ];
}

/**
 * Every difference; the share that is alike is printed with them.
 * @param isOther why a row is skipped here, besides those that are always skipped; undefined for a row that must match
 */
export async function replay(
  name: string,
  file: URL | string,
  isOther: (row: Row) => string | undefined = () => undefined,
): Promise<string[]> {
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
  const dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-'));
  createLab(dir);
  writeFileSync(join(dir, 'lab.json'), '{"lockTimeoutMs":100}');
  const different: string[] = [];
  const reasons = new Set<string>();
  const sizes = new UnknownSizes();
  let held = 0;
  for (const [index, row] of rows.entries()) {
    const reason = leftOut(row) ?? isOther(row);
    if (reason !== undefined) {
      reasons.add(reason);
      continue;
    }
    if (!('given' in row)) held++;
    different.push(...(await differencesOf(dir, row, sizes)).map((difference) => `row ${index + 1}: ${difference}`));
  }
  rmSync(dir, { recursive: true });
  console.log(`${name}: ${held - different.length} of ${held} rows alike`);
  for (const difference of different) console.log(difference);
  for (const reason of reasons) console.log(`left out: ${reason}`);
  return different;
}
