// The lab's parameter check against verdicts: rows of our own, and those of Proxmox's own programs where they are at
// hand. Refusals must print the same lines; their order is random in Proxmox.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { referencePath } from '../../test/support/reference.ts';
import { checkApiCall } from '../src/proxmox/parameters/api-call.ts';
import { checkParameters, resolveVerb } from '../src/proxmox/parameters/check.ts';

type Row = { argv: string[]; accept: boolean; stderr: string };

const REFERENCE = referencePath('proxmox-verdicts.jsonl');
const rowsOf = (file: URL | string): Row[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);

/** What is answered where a program prompts twice for a password. */
const ANSWERS = Buffer.from('secret12\nsecret12\n');

/** The error output with which the check refuses a command line, undefined where it takes it. */
function refusal([program = '', ...argv]: string[]): string | undefined {
  if (program === 'pvesh') {
    const checked = checkApiCall(argv[0] ?? '', argv.slice(1));
    return 'stderr' in checked ? checked.stderr : undefined;
  }
  const resolved = resolveVerb(program, argv);
  if ('stderr' in resolved) return resolved.stderr;
  const checked = checkParameters(resolved.verb, resolved.argv, undefined, () => ANSWERS);
  return checked.ok ? undefined : checked.stderr;
}

const sorted = (text: string): string => text.split('\n').sort().join('\n');

function differences(rows: Row[]): string[] {
  return rows.flatMap(({ argv, accept, stderr }) => {
    const refused = refusal(argv);
    const same = accept ? refused === undefined : refused !== undefined && sorted(refused) === sorted(stderr);
    return same
      ? []
      : [`${argv.join(' ')}\n  expected: ${accept ? 'accepted' : stderr}\n  answered: ${refused ?? 'accepted'}`];
  });
}

function report(name: string, rows: Row[], different: string[]): void {
  console.log(`${name}: ${rows.length - different.length} of ${rows.length} verdicts alike`);
  for (const difference of different) console.log(difference);
}

test('command lines are taken and refused by the rules', () => {
  const rows = rowsOf(new URL('verdicts.jsonl', import.meta.url));
  const different = differences(rows);
  report('own rows', rows, different);
  expect(different).toEqual([]);
});

test("command lines with options of every kind are taken and refused as Proxmox's own programs were recorded to", () => {
  const rows = rowsOf(new URL('option-verdicts.jsonl', import.meta.url));
  const different = differences(rows);
  report('recorded', rows, different);
  expect(different).toEqual([]);
});

test.skipIf(REFERENCE === undefined)(
  'command lines are taken and refused as by Proxmox (skipped: PHOENIX_TEST_REFERENCE names no verdicts)',
  () => {
    const rows = rowsOf(REFERENCE ?? '');
    const different = differences(rows);
    report('Proxmox', rows, different);
    expect(different).toEqual([]);
  },
);
