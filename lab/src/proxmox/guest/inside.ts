// Commands inside a guest. They are recorded, and answered by rules that a test ordered, by a few built-in programs on the guest's own files, or else
// by success. Nothing is executed, except where an engine runs the container.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { openAccounts } from '../../accounts.ts';
import { engineFor } from '../../engine/engine.ts';
import { curl } from '../../guest/curl.ts';
import { docker } from '../../guest/docker.ts';
import { journalctl } from '../../guest/journalctl.ts';
import { nginx } from '../../guest/nginx.ts';
import { applyEffects } from '../../guest/scripts.ts';
import { runScript } from '../../guest/shell.ts';
import { systemctl } from '../../guest/systemctl.ts';
import { FILE_PROGRAMS } from '../../tree/programs.ts';
import { type Outcome, ok, type Tree } from '../../tree/tree.ts';
import { type LabNode, labSettings, pathOf } from '../node.ts';
import { type GuestProgram, type Inside, insidePath } from './place.ts';

/** Runs a command in a guest; standard input is only read by programs that would read it. */
export function runInside(node: LabNode, id: number, argv: readonly string[], stdin: () => Buffer): Outcome {
  const line = argv.join(' ');
  const rule = labSettings(node).guests?.find(
    (candidate) => (candidate.id ?? id) === id && new RegExp(candidate.match).test(line),
  );
  const { rc = 0, stdout = '', stderr = '', hang = false } = rule ?? {};
  const outcome =
    rule === undefined ? carriedOut({ node, id, stdin }, argv) : { rc, stdout, stderr, seconds: hang ? Infinity : 0 };
  appendFileSync(
    pathOf(node, 'guest-calls.jsonl'),
    `${JSON.stringify({ id, argv, rc: outcome.seconds === Infinity ? null : outcome.rc })}\n`,
  );
  return outcome;
}

function carriedOut(inside: Inside, argv: readonly string[]): Outcome {
  const engine = engineFor(inside.node, inside.id);
  return engine === null ? builtIn(inside, argv) : engine.run(inside.id, argv, inside.stdin);
}

function builtIn(inside: Inside, argv: readonly string[]): Outcome {
  const [program = '', ...words] = argv;
  if (program === 'env') return builtIn(inside, words.slice(words.findIndex((word) => !/^(-\S*|\w+=.*)$/s.test(word))));
  const name = program.split('/').at(-1) ?? '';
  const own = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  if (own !== undefined) return own(inside, words);
  const onFiles = Object.hasOwn(FILE_PROGRAMS, name) ? FILE_PROGRAMS[name] : undefined;
  return onFiles === undefined ? ok() : onFiles(treeOf(inside), words);
}

/** The guest's file tree, users and groups. */
function treeOf({ node, id, stdin }: Inside): Tree {
  const at = (path: string): string => insidePath(node, id, path);
  return { at, accounts: openAccounts(at, pathOf(node, `run/lab/owners/${id}.json`)), stdin };
}

/** Built-in programs of guests. */
const PROGRAMS: Readonly<Record<string, GuestProgram>> = {
  curl,
  docker,
  hostname: ({ node, id }) => ok(`${readHostname(node, id)}\n`),
  journalctl,
  nginx,
  sh: shell,
  bash: shell,
  systemctl,
};

function readHostname(node: LabNode, id: number): string {
  const file = insidePath(node, id, 'etc/hostname');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : `guest-${id}`;
}

/** Runs `sh -c` scripts of the supported subset; any other counts as successfully run. */
function shell(inside: Inside, words: readonly string[]): Outcome {
  const index = words.findIndex((word) => /^-\w*c$/.test(word));
  if (index >= 0) {
    const isKnown = (program: string): boolean =>
      Object.hasOwn(PROGRAMS, program) || Object.hasOwn(FILE_PROGRAMS, program);
    const tree = treeOf(inside);
    return runScript(words[index + 1] ?? '', words.slice(index + 2), tree, isKnown, (argv) => builtIn(inside, argv));
  }
  // A shell reads its script from standard input to the end: the writer must not get a broken pipe.
  if (words.includes('-s')) applyEffects(inside, treeOf(inside), inside.stdin().toString());
  return ok();
}
