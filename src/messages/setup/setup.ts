// What a person is told before anything on the host is destroyed, and afterwards.

import { printable } from '../printable.ts';

interface Area {
  readonly path: string;
  readonly bytes: number;
  readonly model: string | null;
  readonly serial: string | null;
  readonly holds: string | null;
  readonly label: string | null;
  readonly parts: readonly Area[];
}

interface Pool {
  readonly name: string;
  readonly layout: string;
  readonly disks: readonly { readonly path: string; readonly area: Area; readonly signatures: readonly string[] }[];
}

/** Every disk with all that is found on it. */
export function poolText({ name, layout, disks }: Pool): string {
  const shown = disks.map(({ path, area, signatures }) => {
    const { model, serial } = area;
    const kind = [size(area.bytes), model, serial === null ? null : `serial ${serial}`].filter((each) => each !== null);
    const found = [...area.parts.flatMap((part) => areaLines(part, 2)), ...signatureLines(signatures)];
    const on = found.length === 0 ? ['    nothing is found on it'] : found;
    return [`  ${path}`, `    ${area.path}, ${kind.join(', ')}${content(area)}`, ...on].join('\n');
  });
  return printableLines(`Pool ${name} (${layout}) of\n${shown.join('\n')}\n`);
}

function areaLines(area: Area, depth: number): string[] {
  const line = `${'  '.repeat(depth)}${area.path}, ${size(area.bytes)}${content(area)}`;
  return [line, ...area.parts.flatMap((part) => areaLines(part, depth + 1))];
}

function signatureLines(signatures: readonly string[]): string[] {
  return signatures.map((line) => `    signature: ${line.trim()}`);
}

function content({ holds, label }: Area): string {
  if (holds === null) return '';
  return label === null ? `: ${holds}` : `: ${holds} "${label}"`;
}

/** Labels are whatever somebody wrote on the disk. */
function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function size(bytes: number): string {
  const power = bytes === 0 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${UNITS[power]}`;
}

export const SETUP = {
  warning: 'Everything on these disks will be destroyed.\n',
  question: (pool: string) => `Type the name of the pool, ${pool}, to go on: `,
  declined: 'it was not confirmed, and nothing was done',
  badConfiguration: 'the configuration has errors',
  needsConfirmation: 'nobody can be asked here: call it on a terminal, or say --yes',
  onTheHost: 'disks and drivers are a matter for the host itself: call it there, not over ssh',
  changed: 'what is on the disks has changed since it was shown: check again',
  noDriver: 'the configuration declares no nvidia_driver',
  dry: (summaries: readonly string[]) => `Would do:\n${summaries.map((each) => `  ${each}\n`).join('')}`,
  done: (pools: readonly string[]) =>
    `${pools.map((name) => `Pool ${name} is there.`).join(' ')} What lies on it is made by the next run: phoenix setup --wait\n`,
  nothing: 'The driver is there as it is declared.\n',
  installed: 'The driver is installed.\n',
  failed: (summary: string, why: string) => `${summary}: ${why}`,
} as const;
