// What happens inside a guest: commands are recorded, and answered by the rules that a test ordered, by a few built-in
// programs that work on the guest's own files, or else by success. Nothing is ever executed.
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { guestTree, type LabNode, orders, pathOf } from '../node.ts';

/** How a command ends, and after how many seconds: at once unless given, never when infinite. */
export type Outcome = {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds?: number;
};

const ok = (stdout = ''): Outcome => ({ rc: 0, stdout, stderr: '' });
const failed = (stderr: string, rc = 1): Outcome => ({ rc, stdout: '', stderr: `${stderr}\n` });

/** Where a path inside a guest lies in the lab. */
export function insidePath(node: LabNode, id: number, path: string): string {
  return join(guestTree(node, id), normalize(`/${path}`));
}

/** Runs a command in a guest; standard input is read only by programs that would read it. */
export function runInside(node: LabNode, id: number, argv: readonly string[], stdin: () => Buffer): Outcome {
  const line = argv.join(' ');
  const rule = orders(node).guests?.find(
    (candidate) => (candidate.id ?? id) === id && new RegExp(candidate.match).test(line),
  );
  const { rc = 0, stdout = '', stderr = '', hang = false } = rule ?? {};
  const outcome =
    rule === undefined ? builtIn({ node, id, stdin }, argv) : { rc, stdout, stderr, seconds: hang ? Infinity : 0 };
  appendFileSync(
    pathOf(node, 'guest-calls.jsonl'),
    `${JSON.stringify({ id, argv, rc: outcome.seconds === Infinity ? null : outcome.rc })}\n`,
  );
  return outcome;
}

type Inside = { readonly node: LabNode; readonly id: number; readonly stdin: () => Buffer };

function builtIn(inside: Inside, argv: readonly string[]): Outcome {
  const [program = '', ...words] = argv;
  if (program === 'env') return builtIn(inside, words.slice(words.findIndex((word) => !/^(-\S*|\w+=.*)$/s.test(word))));
  const name = program.split('/').at(-1) ?? '';
  const run = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  return run === undefined ? ok() : run(inside, words);
}

type Program = (inside: Inside, words: readonly string[]) => Outcome;

const isOption = (word: string): boolean => /^-./.test(word);
const operands = (words: readonly string[]): string[] => words.filter((word) => !isOption(word));
const at = ({ node, id }: Inside, path: string): string => insidePath(node, id, path);
const missing = (program: string, path: string): Outcome => failed(`${program}: ${path}: No such file or directory`);

/** Does something with the files that are named; the first one missing ends it. */
const onFiles =
  (program: string, act: (path: string, words: readonly string[]) => void): Program =>
  (inside, words) => {
    const files = program === 'chmod' ? operands(words).slice(1) : operands(words);
    const absent = files.find((file) => !existsSync(at(inside, file)));
    if (absent !== undefined) return missing(program, absent);
    for (const file of files) act(at(inside, file), words);
    return ok();
  };

const write = (inside: Inside, path: string, data: Buffer | string): void => {
  mkdirSync(dirname(at(inside, path)), { recursive: true });
  writeFileSync(at(inside, path), data);
};

const PROGRAMS: Record<string, Program> = {
  true: () => ok(),
  false: () => ({ rc: 1, stdout: '', stderr: '' }),
  echo: (_, words) => ok(`${words.join(' ')}\n`),
  hostname: ({ node, id }) => ok(`${readHostname(node, id)}\n`),
  uname: () => ok('Linux\n'),
  sleep: (_, words) => ({ ...ok(), seconds: Number(words[0]) || 0 }),
  cat: (inside, words) => {
    if (operands(words).length === 0) return ok(inside.stdin().toString('utf8'));
    const absent = operands(words).find((path) => !existsSync(at(inside, path)));
    if (absent !== undefined) return missing('cat', absent);
    return ok(
      operands(words)
        .map((path) => readFileSync(at(inside, path), 'utf8'))
        .join(''),
    );
  },
  test: (inside, words) => {
    const negated = words[0] === '!';
    const [check = '', path = ''] = negated ? words.slice(1) : words;
    return { rc: fulfils(at(inside, path), check) !== negated ? 0 : 1, stdout: '', stderr: '' };
  },
  mkdir: (inside, words) => {
    for (const path of operands(words)) mkdirSync(at(inside, path), { recursive: true });
    return ok();
  },
  rm: (inside, words) => {
    const force = words.some((word) => /^-\w*f/.test(word));
    const absent = operands(words).find((path) => !existsSync(at(inside, path)));
    if (absent !== undefined && !force) return missing('rm', absent);
    for (const path of operands(words)) rmSync(at(inside, path), { recursive: true, force: true });
    return ok();
  },
  mv: (inside, words) => copyOrMove(inside, words, 'mv'),
  cp: (inside, words) => copyOrMove(inside, words, 'cp'),
  chmod: onFiles('chmod', (path, words) => chmodSync(path, Number.parseInt(operands(words)[0] ?? '644', 8) || 0o644)),
  touch: (inside, words) => {
    for (const path of operands(words)) if (!existsSync(at(inside, path))) write(inside, path, '');
    return ok();
  },
  tee: (inside, words) => {
    const data = inside.stdin();
    for (const path of operands(words)) write(inside, path, data);
    return ok(data.toString('utf8'));
  },
  install: (inside, words) => {
    const files = words.filter((word, index) => !isOption(word) && !/^-[mog]$/.test(words[index - 1] ?? ''));
    if (words.includes('-d')) return PROGRAMS['mkdir']?.(inside, files) ?? ok();
    const [source = '', target = ''] = files;
    if (source === '/dev/stdin') write(inside, target, inside.stdin());
    else if (!existsSync(at(inside, source))) return missing('install', source);
    else write(inside, target, readFileSync(at(inside, source)));
    return ok();
  },
  sh: shell,
  bash: shell,
};

function readHostname(node: LabNode, id: number): string {
  const file = insidePath(node, id, 'etc/hostname');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : `guest-${id}`;
}

function fulfils(path: string, check: string): boolean {
  if (!existsSync(path)) return false;
  const stats = statSync(path);
  if (check === '-d') return stats.isDirectory();
  if (check === '-s') return stats.size > 0;
  return check === '-f' ? stats.isFile() : /^-[erwx]$/.test(check);
}

function copyOrMove(inside: Inside, words: readonly string[], program: 'cp' | 'mv'): Outcome {
  const [source = '', target = ''] = operands(words);
  const from = at(inside, source);
  if (!existsSync(from)) return missing(program, source);
  const into = at(inside, target);
  const to = existsSync(into) && statSync(into).isDirectory() ? join(into, from.split('/').at(-1) ?? '') : into;
  mkdirSync(dirname(to), { recursive: true });
  if (program === 'mv') renameSync(from, to);
  else if (statSync(from).isDirectory()) cpSync(from, to, { recursive: true });
  else copyFileSync(from, to);
  return ok();
}

/** `sh -c` of built-in programs chained by `&&` or `;`, with `>` to a file; any other script counts as run. */
function shell(inside: Inside, words: readonly string[]): Outcome {
  const index = words.findIndex((word) => /^-\w*c$/.test(word));
  if (index < 0) {
    // A script on standard input is taken in whole, as a shell would, so that who writes it is not cut off.
    if (words.includes('-s')) inside.stdin();
    return ok();
  }
  const commands = parseScript(words[index + 1] ?? '', words.slice(index + 2));
  if (commands === undefined) return ok();
  let last = ok();
  for (const { argv, target } of commands) {
    const outcome = builtIn(inside, argv);
    if (target !== undefined && outcome.rc === 0) write(inside, target, outcome.stdout);
    last = {
      ...outcome,
      stdout: last.stdout + (target === undefined ? outcome.stdout : ''),
      stderr: last.stderr + outcome.stderr,
    };
    if (outcome.rc !== 0) return last;
  }
  return last;
}

type Command = { readonly argv: readonly string[]; readonly target?: string };

/** The commands of a script that is plain enough, undefined otherwise. `parameters` are `$0`, `$1`, … */
function parseScript(script: string, parameters: readonly string[]): Command[] | undefined {
  const tokens = script.match(/'[^']*'|"[^"\\`]*"|&&|[;>]|[^\s;>&'"]+|\s+/g) ?? [];
  if (tokens.join('') !== script) return undefined;
  const commands: { argv: string[]; target?: string }[] = [{ argv: [] }];
  let redirected = false;
  for (const token of tokens) {
    const command = commands.at(-1);
    const word = token.replace(/^(['"])(.*)\1$/s, '$2');
    const value = token.startsWith("'")
      ? word
      : word.replaceAll(/\$(\d)/g, (_, digit: string) => parameters[Number(digit)] ?? '');
    if (token.trim() === '' || command === undefined) continue;
    if (token === '&&' || token === ';') commands.push({ argv: [] });
    else if (token === '>') redirected = true;
    else if (!token.startsWith("'") && /[$`|<*?(){}\\~!#]/.test(word.replaceAll(/\$\d/g, ''))) return undefined;
    else if (redirected) {
      command.target = value;
      redirected = false;
    } else command.argv.push(value);
  }
  const filled = commands.filter((command) => command.argv.length > 0);
  const known = filled.every(
    ({ argv }) => Object.hasOwn(PROGRAMS, argv[0] ?? '') || argv[0] === 'umask' || argv[0] === 'set',
  );
  return known ? filled : undefined;
}
