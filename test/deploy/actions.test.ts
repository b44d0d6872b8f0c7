// The workflow for config repos without an agent: its permissions, its commands, and its output.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { annotation, escapeData, escapeProperty, fenced, page } from '../../deploy/actions/report.ts';
import { environment } from '../support/environment.ts';
import { type WorkingCopy, workingCopy } from '../support/git/git.ts';
import { LONG_TEST } from '../support/long.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(TOP, '.github/workflows');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly 'working-directory'?: string;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly permissions: unknown;
        readonly if?: string;
        readonly 'timeout-minutes': number;
        readonly steps: readonly Step[];
      }
    >
  >;
}

/** Jobs that write: none of them is started by a pull request. */
const WRITING: Readonly<Record<string, readonly string[]>> = {
  'release.yml': ['image', 'publish'],
  'docs.yml': ['deploy'],
};
const ON_TAGS = '{"push":{"tags":["v[0-9]+.[0-9]+.[0-9]+*"]}}';

const workflow = (name: string): Workflow => parse(readFileSync(join(FOLDER, name), 'utf8'));
const stepsOf = ({ jobs }: Workflow): Step[] => Object.values(jobs).flatMap(({ steps }) => steps);

describe.each(readdirSync(FOLDER))('%s', (name) => {
  const read = workflow(name);

  test('may read and nothing else, but for the jobs that publish what was pushed', () => {
    expect(read.permissions).toEqual({});
    for (const [job, { permissions, if: when }] of Object.entries(read.jobs)) {
      if (!WRITING[name]?.includes(job)) expect(permissions, job).toEqual({ contents: 'read' });
      else expect(JSON.stringify(read.on) === ON_TAGS || when === "github.event_name == 'push'", job).toBe(true);
    }
    expect(Object.keys(read.on)).not.toContain('pull_request_target');
  });

  test('pins every action to a commit, says its version, and keeps no credentials', () => {
    const uses = stepsOf(read).flatMap((step) => (step.uses === undefined ? [] : [step]));
    for (const step of uses) {
      expect(step.uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      if (step.uses?.startsWith('actions/checkout@')) expect(step.with?.['persist-credentials']).toBe(false);
    }
    const pins = [...readFileSync(join(FOLDER, name), 'utf8').matchAll(/uses: \S+ # v\d+\.\d+\.\d+$/gm)];
    expect(pins).toHaveLength(uses.length);
  });

  test('puts no expression into what a shell runs', () => {
    for (const step of stepsOf(read)) expect(step.run ?? '').not.toContain('${{');
  });
});

test('a release, which runs both parts of the suite one after the other, has more time than one part has', () => {
  const minutes = (name: string) => workflow(name).jobs['test']?.['timeout-minutes'];
  expect(stepsOf(workflow('release.yml')).map(({ run }) => run)).toContain('npm run test:long');
  expect(minutes('release.yml')).toBeGreaterThan(minutes('ci.yml') ?? Number.POSITIVE_INFINITY);
});

describe('validate-config.yml', () => {
  const steps = stepsOf(workflow('validate-config.yml'));

  test('uses the actions that the tests of Phoenix use', () => {
    const known = new Set(stepsOf(workflow('ci.yml')).flatMap(({ uses }) => uses ?? []));
    expect(steps.flatMap(({ uses }) => uses ?? []).filter((uses) => !known.has(uses))).toEqual([]);
  });

  test('runs nothing of the repository that it checks', () => {
    const runs = steps.filter(({ run }) => run !== undefined);
    expect(runs.map((step) => step['working-directory'])).toEqual(['phoenix', 'phoenix']);
    expect(runs[0]?.run).toContain('--ignore-scripts');
    expect(
      steps.filter((step) => step.with?.['repository'] === undefined && step.with?.['path'] === 'config'),
    ).toHaveLength(1);
  });
});

describe('escaping', () => {
  test('is decoded by the runner', () => {
    const back = (text: string) =>
      text
        .replaceAll('%2C', ',')
        .replaceAll('%3A', ':')
        .replaceAll('%0A', '\n')
        .replaceAll('%0D', '\r')
        .replaceAll('%25', '%');
    const text = fc.string({
      unit: fc.constantFrom('%', '2', '5', '0', 'A', 'D', 'C', '3', ':', ',', '\r', '\n', 'é', ' '),
    });
    fc.assert(
      fc.property(text, (value) => {
        expect(escapeData(value)).not.toMatch(/[\r\n]/);
        expect(escapeProperty(value)).not.toMatch(/[\r\n:,]/);
        expect([back(escapeProperty(value)), back(escapeProperty(escapeData(value)))]).toEqual([
          value,
          escapeData(value),
        ]);
      }),
    );
  });

  test('keeps a problem on one line, with its place', () => {
    const problem = {
      severity: 'error',
      code: 'DUPLICATE_IP',
      file: 'etc/a,b:c.json',
      path: '/x',
      line: 12,
      column: 5,
      target: null,
      message: '100% the same\n::set-output name=x::y',
      hint: 'change one',
      new: true,
    } as const;
    const text = '100%25 the same%0A::set-output name=x::y%0Achange one';
    expect(annotation(problem, 'sites/one')).toBe(
      `::error file=sites/one/etc/a%2Cb%3Ac.json,line=12,col=5,title=DUPLICATE_IP::${text}`,
    );
    expect(annotation({ ...problem, new: false }, '.')).toMatch(
      /^::notice file=etc\/a%2Cb%3Ac\.json,line=12,col=5,title=DUPLICATE_IP \(older\)::/,
    );
  });

  test('a fence is longer than what is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', 'x', '\n') }), (text) => {
        const [first = '', ...rest] = fenced(text).split('\n');
        const fence = first.replace('text', '');
        expect(rest.at(-1)).toBe(fence);
        expect(rest.slice(0, -1).join('\n')).not.toContain(fence);
      }),
    );
  });

  test('a plan that is too long for a page is cut', () => {
    const counts = { error: 0, warning: 0 };
    const made = {
      ok: true,
      from: null,
      to: 'abc',
      summary: { create: 1, update: 0, delete: 0 },
      approvals: 1,
      counts,
    };
    const text = page({ ...made, plan: 'ü'.repeat(1_000_000) });
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
    expect(text).toMatch(/ü\n… the rest is left out: see phoenix plan\n```\n$/);
    expect(text).toContain('1 of the steps would wait for approval.');
  });
});

describe('what it runs', () => {
  let copy: WorkingCopy;
  beforeEach(async () => {
    copy = await workingCopy();
  });
  afterEach(() => copy.remove());

  /** As the last step does, from the folder of Phoenix. */
  async function check(given: Readonly<Record<string, string>>) {
    const summary = join(copy.folder, '.git', 'summary');
    const step = stepsOf(workflow('validate-config.yml')).at(-1);
    const [program = '', script = ''] = step?.run?.split(' ') ?? [];
    expect([program, script]).toEqual(['node', 'deploy/actions/check.ts']);
    expect(Object.keys(step?.env ?? {})).toEqual(['BASE', 'HEAD', 'CONFIG_ROOT', 'PHOENIX_STRICT_SECRETS']);
    const env = { PATH: process.env['PATH'], GITHUB_STEP_SUMMARY: summary, CONFIG_ROOT: '', ...given };
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, copy.folder], {
      cwd: TOP,
      env,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return { status, annotations: stdout.split('\n').slice(0, -1), page: readFileSync(summary, 'utf8') };
  }

  test('shows what a pull request changes since it branched off', LONG_TEST, async () => {
    await copy.commit(environment({ 101: {} }));
    await copy.git('checkout', '-q', '-b', 'work');
    const HEAD = await copy.commit(environment({ 101: { memory_mb: 1024 } }));
    await copy.git('checkout', '-q', 'main');
    // What came to main meanwhile is not the doing of the pull request.
    const BASE = await copy.commit(environment({ 101: {}, 102: {} }));
    const { status, annotations, page: text } = await check({ BASE, HEAD });
    expect([status, annotations]).toEqual([0, []]);
    expect(text).toContain('## Phoenix: 0 to create, 1 to update, 0 to delete\n');
    expect(text).toMatch(/```text\n[\s\S]*lxc\/101 \(guest-101\) {2}update[\s\S]*```\n$/);
    expect(text).not.toContain('lxc/102');
  });

  test('refuses what brings errors, at their lines, and only mentions what was there before', LONG_TEST, async () => {
    const broken = environment({ 101: { cores: 'many' } });
    const BASE = await copy.commit(below('site', broken));
    const HEAD = await copy.commit(below('site', environment({ 101: { cores: 'many' }, 102: { template: 7 } })));
    const { status, annotations, page: text } = await check({ BASE, HEAD });
    expect(status).toBe(1);
    const lxc = 'file=site/etc/phoenix_lxc_configs.json,line=';
    expect(annotations.filter((line) => line.startsWith(`::error ${lxc}`)).join()).toContain('template');
    expect(annotations.filter((line) => line.startsWith(`::notice ${lxc}`)).join()).toContain('cores');
    expect(text).toContain('## Phoenix: refused: it brings errors\n');
  });

  test('a first push is planned from nothing', LONG_TEST, async () => {
    const { HEAD, BASE } = { HEAD: await copy.commit(environment({ 101: {} })), BASE: '0'.repeat(40) };
    const { status, page: text } = await check({ BASE, HEAD });
    expect(status).toBe(0);
    expect(text).toContain('would change from nothing.');
  });

  test('reports a missing commit', LONG_TEST, async () => {
    await copy.commit(environment({ 101: {} }));
    const { status, annotations } = await check({ BASE: '', HEAD: 'f'.repeat(40) });
    expect([status, annotations]).toEqual([
      2,
      [expect.stringMatching(/^::error title=Phoenix::phoenix validate: there is no commit/)],
    ]);
  });
});

function below(folder: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
}
