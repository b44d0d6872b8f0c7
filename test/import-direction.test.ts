// Holds src to the table of ARCHITECTURE.md: imports point one way, and a library that touches the world is known to one
// place. It reads the import lines and nothing else.

import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const TOP = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(TOP, 'src');

interface Import {
  /** Relative to src, with forward slashes. */
  readonly from: string;
  /** Relative to src for ours; the package or `node:…` otherwise. */
  readonly to: string;
  readonly ours: boolean;
  /** It is there when the program runs: not types alone. */
  readonly byValue: boolean;
  /** Loaded when that line is reached, and not with the file. */
  readonly lazy: boolean;
}

/** Where a file belongs, and the folders of ours that it may know besides its own. */
const MAY_KNOW: ReadonlyArray<readonly [area: RegExp, others: readonly string[] | 'anything']> = [
  [/^model\//, []],
  // Proxmox's parameters are facts of the domain, which import nothing of Phoenix.
  [/^proxmox\//, []],
  // So is how Traefik reads its configuration.
  [/^traefik\//, ['model/json.ts']],
  [/^plan\//, ['model/']],
  [/^messages\//, ['model/', 'messages/', 'plan/', 'ports']],
  // The engine that reads: it knows no kind.
  [/^config\//, ['model/', 'proxmox/']],
  [/^compose\//, ['model/', 'config/']],
  [/^ports\//, ['model/', 'ports']],
  [/^settings(\/|\.ts)/, ['model/', 'settings']],
  [/^managers\//, ['model/', 'proxmox/', 'traefik/', 'config/', 'compose/', 'plan/', 'messages/', 'ports']],
  [/^load\//, ['model/', 'proxmox/', 'config/', 'compose/', 'managers/']],
  [/^agent\//, ['model/', 'config/', 'load/', 'plan/', 'messages/', 'ports', 'managers/']],
  // Compose files are completed and encrypted files decrypted at the last moment, by the code that reads them everywhere else.
  [/^io\//, ['model/', 'ports', 'compose/additions.ts', 'config/sops/', 'product.ts']],
  // The pages show what the API answers, and read its requests as it does.
  [/^web\//, ['model/', 'plan/', 'messages/', 'ports', 'agent/http/', 'agent/deps.ts', 'product.ts']],
  // The path of Phoenix's own files depends on nothing.
  [/^product\.ts$/, []],
  [/^cli\//, 'anything'],
  [/^main\.ts$/, 'anything'],
];

/** Pure areas: no Node module, and no library but these. */
const PURE: ReadonlyArray<readonly [area: RegExp, libraries: readonly string[]]> = [
  [/^(model|proxmox)\//, []],
  [/^messages\//, ['fast-string-width', 'fast-wrap-ansi']],
  [/^traefik\//, ['re2js']],
  [/^plan\//, ['croner']],
  [/^config\//, ['zod', 'jsonc-parser', 'yaml', 'ipaddr.js']],
  [/^compose\//, ['yaml', 'ajv', 'ajv-formats']],
  [/^load\//, []],
  [/^managers\//, ['zod', 'yaml', 'ipaddr.js', 'node:crypto', 'node:path']],
  [/^settings(\/|\.ts)/, []],
];

/** A library that touches the world, and the only place that may know it. */
const ONE_PLACE: ReadonlyArray<readonly [library: string, place: RegExp]> = [
  ['bullmq', /^io\/queue/],
  ['ioredis', /^io\/(ledger|queue)/],
  ['isomorphic-git', /^io\/(git|local-repository)/],
  ['execa', /^io\/(host|forge)/],
  ['express', /^(agent\/http\/|web\/)/],
  ['@dagrejs/dagre', /^web\/graph-layout\.ts$/],
  ['preact', /^web\/html\//],
  ['htm', /^web\/html\//],
  ['preact-render-to-string', /^web\/html\/document\.ts$/],
  ['@octokit/webhooks', /^agent\/http\/webhook\//],
  ['@octokit/core', /^io\/forge/],
  ['@octokit/auth-app', /^io\/forge/],
  ['@octokit/plugin-retry', /^io\/forge/],
  ['@octokit/plugin-throttling', /^io\/forge/],
  ['@bull-board/api', /^io\/queue-board\.ts$/],
  ['@bull-board/express', /^io\/queue-board\.ts$/],
  ['oauth4webapi', /^io\/forge\/sign-in\.ts$/],
  ['croner', /^plan\/policy\/windows\.ts$/],
  ['age-encryption', /^io\/sops\.ts$/],
  ['openpgp', /^io\/signatures\//],
  ['pino', /^io\/log/],
  ['nodemailer', /^io\/notify\/mail\.ts$/],
  ['prom-client', /^io\/metrics/],
  ['@opentelemetry/api', /^io\/trace\.ts$/],
  ['@opentelemetry/sdk-trace', /^io\/trace\.ts$/],
  ['@opentelemetry/resources', /^io\/trace\.ts$/],
  ['@opentelemetry/exporter-trace-otlp-http', /^io\/trace\.ts$/],
  ['eventsource-parser', /^cli\/agent\/client\.ts$/],
  ['commander', /^cli\/(program|commands\/\w+|agent\/verbs\/commands)\.ts$/],
];

/** Folders of `managers/` that are not a kind: their code is shared by containers and VMs, by Portainer's server and its stacks, and by gateways and DNS. */
const SHARED: ReadonlySet<string> = new Set(['guest', 'portainer-api', 'routes']);

const NODE = new Set(builtinModules);
const imports = filesIn(SRC).flatMap(importsOf);

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(file: string): Import[] {
  const from = relative(SRC, file);
  const lines = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\s(?:([^;'"]*?)\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm,
  );
  return [...lines].map(([, names = '', fixed, lazy]) => {
    const written = fixed ?? lazy ?? '';
    const isLazy = fixed === undefined;
    const about = { from, byValue: !isLazy && !onlyTypes(names), lazy: isLazy };
    if (written.startsWith('.')) {
      return { ...about, to: relative(SRC, resolve(dirname(file), written)), ours: true };
    }
    const [scope = '', name = ''] = written.split('/');
    return { ...about, to: scope.startsWith('@') ? `${scope}/${name}` : scope, ours: false };
  });
}

/** `type { A }`, or `{ type A, type B }`: nothing of it is left when types are stripped. */
function onlyTypes(names: string): boolean {
  if (/^type\s/.test(names)) return true;
  const listed = /^\{([^}]*)\}$/
    .exec(names.trim())?.[1]
    ?.split(',')
    .map((name) => name.trim());
  return listed?.every((name) => name === '' || name.startsWith('type ')) ?? false;
}

/**
 * Files that reach each other by their imports, each circle once, as strongly connected parts of the graph (Tarjan).
 *
 * @param alsoTypes whether what is imported as a type counts, too; what is loaded late never does
 */
function circles(of: readonly Import[], alsoTypes = false): string[][] {
  const next = Map.groupBy(
    of.filter(({ ours, byValue, lazy }) => ours && (byValue || (alsoTypes && !lazy))),
    ({ from }) => from,
  );
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const own = index.size;
    index.set(file, own);
    low.set(file, own);
    stack.push(file);
    for (const { to } of next.get(file) ?? []) {
      const reached = index.has(to) ? (stack.includes(to) ? (index.get(to) ?? own) : own) : visit(to);
      low.set(file, Math.min(low.get(file) ?? own, reached));
    }
    if (low.get(file) === own) {
      const part = stack.splice(stack.indexOf(file));
      const itself = next.get(file)?.some(({ to }) => to === file) ?? false;
      if (part.length > 1 || itself) found.push(part.sort());
    }
    return low.get(file) ?? own;
  };
  for (const file of next.keys()) if (!index.has(file)) visit(file);
  return found;
}

function areaOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/') + 1) : file;
}

/** A file of ours, and everything that is loaded with it. */
function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { to } of imports.filter(({ from, byValue }) => from === file && byValue)) loadedBy(to, seen);
  return seen;
}

function shown({ from, to }: Import): string {
  return `src/${from} imports ${to}`;
}

test('the import lines are read', () => {
  expect(imports.length).toBeGreaterThan(100);
  const [fixed, lazy] = [
    { byValue: true, lazy: false },
    { byValue: false, lazy: true },
  ];
  expect(imports).toContainEqual({ from: 'agent/http/server.ts', to: 'express', ours: false, ...fixed });
  const [from, to] = ['agent/http/webhook/receive.ts', 'agent/http/webhook/body.ts'];
  expect(imports).toContainEqual({ from, to, ours: true, ...fixed });
  expect(imports).toContainEqual({ from: 'cli/commands/installation.ts', to: 'cli/serve.ts', ours: true, ...lazy });
});

test('an import cycle is found, and one that only types close is not a cycle', () => {
  const line = (from: string, to: string, byValue = true): Import => ({ from, to, ours: true, byValue, lazy: false });
  const open = [line('a.ts', 'b.ts'), line('b.ts', 'c.ts'), line('c.ts', 'a.ts', false), line('d.ts', 'a.ts')];
  expect(circles(open)).toEqual([]);
  expect(circles(open, true)).toEqual([['a.ts', 'b.ts', 'c.ts']]);
  expect(circles([...open, line('c.ts', 'b.ts'), line('e.ts', 'e.ts')])).toEqual([['b.ts', 'c.ts'], ['e.ts']]);
});

describe('imports of ours point one way', () => {
  test('every file belongs to an area of the table', () => {
    const strays = imports.map(({ from }) => from).filter((file) => !MAY_KNOW.some(([area]) => area.test(file)));
    expect(strays).toEqual([]);
  });

  test.each(MAY_KNOW)('%s', (area, others) => {
    const wrong = imports.filter(({ from, to, ours }) => {
      if (!ours || others === 'anything' || !area.test(from)) return false;
      return !area.test(to) && areaOf(to) !== areaOf(from) && !others.some((other) => to.startsWith(other));
    });
    expect(wrong.map(shown)).toEqual([]);
  });

  test('nothing that is ours is imported from outside src, and only the command line loads lazily', () => {
    const outside = imports.filter(({ to, ours }) => ours && to.startsWith('..') && !to.endsWith('.json'));
    expect(outside.map(shown)).toEqual([]);
  });

  test('one manager never imports another', () => {
    const wrong = imports.filter(({ from, to, ours }) => {
      const [, own] = /^managers\/([^/]+)\//.exec(from) ?? [];
      const [, other] = /^managers\/([^/]+)\//.exec(to) ?? [];
      // Every kind may import the declarations of another, since a configuration contains them. They are only types.
      const isDeclared = to.endsWith('/declared.ts');
      return ours && own !== undefined && other !== undefined && own !== other && !SHARED.has(other) && !isDeclared;
    });
    expect(wrong.map(shown)).toEqual([]);
  });

  test('what managers share knows no manager, and the registry alone knows all', () => {
    const kinds = new Set(imports.flatMap(({ to }) => /^managers\/([^/]+)\/manager\.ts$/.exec(to)?.[1] ?? []));
    expect([...kinds].filter((kind) => SHARED.has(kind))).toEqual([]);
    const known = imports.filter(({ to }) => /^managers\/[^/]+\/manager\.ts$/.test(to));
    expect(new Set(known.map(({ from }) => from))).toEqual(new Set(['managers/index.ts']));
  });

  test('what applies a step knows neither the scheduler nor how a commit becomes a run, but what a commit declares', () => {
    const wrong = imports.filter(({ from, to }) => {
      // The turn of a worker asks the scheduler how to continue.
      const isStep = from.startsWith('agent/apply/') && from !== 'agent/apply/turn.ts';
      return isStep && /^agent\/(schedule\.ts|reconcile\/(?!desired-state\.ts))/.test(to);
    });
    expect(wrong.map(shown)).toEqual([]);
  });

  test('circles of types are those of docs/decisions/kinds-in-one-folder.md', () => {
    const found = circles(imports, true).map((files) => files.join(' '));
    const named = readFileSync(join(TOP, 'docs/decisions/kinds-in-one-folder.md'), 'utf8');
    const rows = [...named.matchAll(/^\| ((?:`[\w/.-]+\.ts`(?:, )?)+) +\|/gm)].map(([, files = '']) => files);
    expect(rows.map((files) => files.replaceAll('`', '').replaceAll(', ', ' ')).sort()).toEqual(found.sort());
  });

  test('no file is part of a circle of imports by value', () => {
    expect(circles(imports)).toEqual([]);
  });
});

describe('pure areas know no world', () => {
  test.each(PURE)('%s', (area, libraries) => {
    const wrong = imports.filter(({ from, to, ours }) => !ours && area.test(from) && !libraries.includes(to));
    expect(wrong.map(shown)).toEqual([]);
  });
});

describe('a library that touches the world is known to one place', () => {
  test.each(ONE_PLACE)('%s', (library, place) => {
    const wrong = imports.filter(({ from, to, ours }) => !ours && to === library && !place.test(from));
    expect(wrong.map(shown)).toEqual([]);
  });

  test('modules of Node are named with their prefix', () => {
    expect(imports.filter(({ to, ours }) => !ours && NODE.has(to)).map(shown)).toEqual([]);
  });
});

describe('the lab is a package beside Phoenix', () => {
  const LAB = 'phoenix-lab';
  const inLab = filesIn(join(TOP, 'lab'))
    .filter((file) => !file.includes('/node_modules/'))
    .flatMap(importsOf);
  const fromTop = (path: string) => relative(TOP, resolve(SRC, path));

  test('of Phoenix it knows facts alone, and its tests beside them what tests share', () => {
    const wrong = inLab.filter(({ from, to, ours }) => {
      const isTest = fromTop(from).startsWith('lab/test/');
      const known = isTest ? /^(lab|src\/(proxmox|traefik)|test)\// : /^(lab\/src|src\/(proxmox|traefik))\//;
      return ours && !known.test(fromTop(to));
    });
    expect(inLab.some(({ to }) => fromTop(to) === 'src/proxmox/parameters/table.ts')).toBe(true);
    expect(wrong.map(shown)).toEqual([]);
  });

  test('none of its files is part of a circle, not even of types', () => {
    expect(circles(inLab, true)).toEqual([]);
  });

  test('it is known by its exported names, and in Phoenix only to what rehearses and shows', () => {
    const others = ['test', 'deploy'].flatMap((folder) => filesIn(join(TOP, folder)).flatMap(importsOf));
    const around = [...imports, ...others].filter(({ to, ours }) => ours && fromTop(to).startsWith('lab/'));
    expect(around.map(shown)).toEqual([]);
    const known = imports.filter(({ to }) => to === LAB);
    expect(known.length).toBeGreaterThan(3);
    expect(known.filter(({ from }) => !/^cli\/(rehearse|demo)\//.test(from)).map(shown)).toEqual([]);
  });

  test('nothing loads it by being loaded: not the command line, not the agent, no command without it', () => {
    const lazily = imports.filter(({ lazy, ours }) => lazy && ours);
    const bringers = lazily.filter(({ to }) => loadedBy(to).has(LAB));
    expect(bringers.map(({ to }) => to).sort()).toEqual([
      'cli/demo.ts',
      'cli/rehearse/lab-host.ts',
      'cli/rehearse/lab.ts',
      'cli/rehearse/rehearse.ts',
    ]);
    for (const { from, to } of bringers) {
      const name = to.slice(to.lastIndexOf('/') + 1);
      expect(readFileSync(join(SRC, from), 'utf8')).toMatch(
        new RegExp(`withLab\\([^,]+, \\(\\) => import\\('[^']*/${name}'\\)\\)`),
      );
    }
    for (const file of [
      'main.ts',
      'cli/program.ts',
      'cli/commands/lab.ts',
      'cli/serve.ts',
      'cli/validate.ts',
      'cli/plan.ts',
      'cli/rehearse/open-host.ts',
    ]) {
      expect([file, loadedBy(file).has(LAB)]).toEqual([file, false]);
    }
  });
});

test('the agent itself does not load the library for Git: its thread does, and gives the memory back', () => {
  expect(loadedBy('io/git/thread/thread-work.ts')).toContain('isomorphic-git');
  for (const file of ['cli/serve.ts', 'cli/compose.ts']) expect(loadedBy(file)).not.toContain('isomorphic-git');
});

test('only the command line reads the environment', () => {
  const readers = filesIn(SRC)
    .filter((file) => /\bprocess\.env\b/.test(readFileSync(file, 'utf8')))
    .map((file) => relative(SRC, file));
  expect(readers.filter((file) => !/^(main\.ts|cli\/rehearse\/lab\.ts)/.test(file))).toEqual([]);
});
