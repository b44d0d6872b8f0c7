// `phoenix init`: few questions or none, and what it writes validates.

import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab } from 'phoenix-lab/host';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planHost } from '../../src/cli/host/plan-host.ts';
import { type InitArgs, init } from '../../src/cli/init.ts';
import type { Io } from '../../src/cli/io.ts';
import { rehearse } from '../../src/cli/rehearse/rehearse.ts';
import { validate } from '../../src/cli/validate.ts';
import { LONG_TEST } from '../support/long.ts';
import { releaseMain } from '../support/release.ts';
import { captured } from './captured.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-init-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const dir = () => join(folder, 'home');
const read = async (path: string) => JSON.parse(await readFile(join(dir(), path), 'utf8'));

async function begin(args: Partial<InitArgs> = {}, answers?: readonly string[]) {
  const questions: string[] = [];
  const ask: Io['ask'] = async (question) => {
    questions.push(question);
    return answers?.[questions.length - 1] ?? null;
  };
  const said = await captured((io) => init({ dir: dir(), ...args }, answers === undefined ? io : { ...io, ask }));
  return { ...said, questions };
}

async function problems() {
  const { exit, out } = await captured((io) => validate({ path: dir(), json: true }, io));
  return { exit, problems: JSON.parse(out).problems };
}

test('without a terminal it asks nothing, and the written files have no problems', async () => {
  expect(await begin()).toMatchObject({ exit: 0, err: '', questions: [] });
  expect(await problems()).toEqual({ exit: 0, problems: [] });
  expect(await readdir(dir(), { recursive: true })).toEqual(
    expect.arrayContaining(['.gitattributes', '.github/workflows/phoenix.yml', 'README.md']),
  );
  expect(await read('etc/phoenix_hypervisor_config.json')).toEqual({
    $schema: './schemas/phoenix_hypervisor_config.schema.json',
    domain_name: 'home.arpa',
  });
});

test('at a terminal at most five questions are asked', async () => {
  const { exit, questions } = await begin({}, ['lab.example', '10.0.0.13/24', '10.0.0.1', 'web', 'rpool']);
  expect(exit).toBe(0);
  expect(questions).toHaveLength(5);
  expect(await problems()).toEqual({ exit: 0, problems: [] });
  expect(await read('etc/phoenix_hypervisor_config.json')).toMatchObject({
    domain_name: 'lab.example',
    network: { interfaces: { address: '10.0.0.13/24', gateway: '10.0.0.1' } },
  });
  expect(await read('etc/phoenix_lxc_configs.json')).toMatchObject({
    lxc_configs: { 101: { name: 'web', storage_pool: 'rpool', network_config: { ip: 'dhcp' } } },
  });
});

test('what is sent ahead of the questions answers them, at a terminal', async () => {
  const main = releaseMain();
  const answers = ['two words', 'lab.example', '10.0.0.13/24', '10.0.0.1', 'web', ''];
  // It gives the command a terminal, and passes on its input.
  const { status, stdout } = spawnSync(
    'script',
    ['-qec', `'${process.execPath}' '${main}' init '${dir()}'`, '/dev/null'],
    {
      input: `${answers.join('\n')}\n`,
      encoding: 'utf8',
    },
  );
  expect([status, stdout]).toEqual([0, expect.stringContaining('What to do next stands in')]);
  expect(await read('etc/phoenix_hypervisor_config.json')).toMatchObject({
    domain_name: 'lab.example',
    network: { interfaces: { address: '10.0.0.13/24', gateway: '10.0.0.1' } },
  });
  expect(await read('etc/phoenix_lxc_configs.json')).toMatchObject({
    lxc_configs: { 101: { name: 'web', storage_pool: 'local-lvm' } },
  });
});

/** A separate process with lines on a pipe. */
function sent(lines: readonly string[]) {
  const main = releaseMain();
  const input = lines.map((line) => `${line}\n`).join('');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'init', dir()], { input, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('a pipe answers line by line, and its end leaves out the rest and says so', async () => {
  const { status, stdout, stderr } = sent(['lab.example', '', 'web']);
  expect([status, stdout]).toEqual([0, expect.stringContaining('What to do next stands in')]);
  expect(stderr).toContain('Name of a first container [none]: \n');
  expect(stderr).toContain('standard input ended: left out is what --storage would say');
  expect(await read('etc/phoenix_hypervisor_config.json')).toMatchObject({ domain_name: 'lab.example' });
  expect(await read('etc/phoenix_lxc_configs.json')).toMatchObject({
    lxc_configs: { 101: { name: 'web', storage_pool: 'local-lvm' } },
  });
});

test('an answer of a pipe that makes no configuration ends it: the next line answers something else', async () => {
  const { exit, err } = await captured((io) => {
    const lines = ['two words', 'lab.example'];
    return init({ dir: dir() }, { ...io, askPiped: async () => lines.shift() ?? null });
  });
  expect([exit, err]).toEqual([1, expect.stringMatching(/--domain gives too is refused:\n[\s\S]*nothing was written/)]);
  await expect(readdir(dir())).rejects.toThrow('ENOENT');
});

test('an invalid answer is asked for again, with the reason and what to write', async () => {
  const answers = [
    'two words',
    'lab.example',
    '10.0.0.13',
    '10.0.0.13/24',
    '10.9.0.1',
    '10.0.0.1',
    'my_web',
    'web',
    '',
  ];
  const { exit, err, questions } = await begin({}, answers);
  expect(exit).toBe(0);
  expect(new Set(questions).size).toBe(5);
  expect(questions).toHaveLength(answers.length);
  expect(err).toContain('Write "10.0.0.13/24"');
  expect(err).toContain('gateway 10.9.0.1 is outside of 10.0.0.13/24');
  expect(err).toContain('"my_web" is not a hostname');
  expect(await problems()).toEqual({ exit: 0, problems: [] });
  expect(await read('etc/phoenix_hypervisor_config.json')).toMatchObject({
    network: { interfaces: { address: '10.0.0.13/24', gateway: '10.0.0.1' } },
  });
});

test(
  'what is written is planned twice the same, and applied twice does nothing the second time',
  LONG_TEST,
  async () => {
    await begin({ domain: 'lab.example', container: 'web' });
    const lab = join(folder, 'pve');
    createLab(lab);
    const plan = async () =>
      JSON.parse(
        (await captured((io) => planHost({ path: dir(), host: 'local', json: true }, io), { PHOENIX_LAB: lab })).out,
      );
    const first = await plan();
    expect(first).toMatchObject({ ok: true, unknown: [] });
    expect(first.steps.map(({ target, verb }: Record<string, string>) => [target, verb])).toContainEqual([
      'lxc/101',
      'create',
    ]);
    expect(await plan()).toEqual(first);
    const rehearsed = JSON.parse((await captured((io) => rehearse({ path: dir(), json: true }, io))).out);
    expect(rehearsed).toMatchObject({ ok: true, second: { actions: 0 } });
  },
);

test('empty answers leave out what they ask about, and what would follow from it', async () => {
  const { exit, questions } = await begin({}, ['', '', '']);
  expect({ exit, asked: questions.length }).toEqual({ exit: 0, asked: 3 });
  expect(await problems()).toEqual({ exit: 0, problems: [] });
});

test('with options nothing is asked, at a terminal either', async () => {
  const { exit, questions } = await begin({ domain: 'lab.example', container: 'web' }, ['never.asked']);
  expect({ exit, questions }).toEqual({ exit: 0, questions: [] });
  expect(await problems()).toEqual({ exit: 0, problems: [] });
});

test('an invalid answer is reported, and nothing is written', async () => {
  const said = await begin({ address: '10.0.0.13' });
  expect(said).toMatchObject({ exit: 1, out: '' });
  expect(said.err).toContain('must be an address with prefix length');
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that holds something is left as it is', async () => {
  await begin();
  await writeFile(join(dir(), 'README.md'), 'mine');
  const said = await begin();
  expect(said).toMatchObject({ exit: 2, out: '' });
  expect(said.err).toContain('is not empty');
  expect(await readFile(join(dir(), 'README.md'), 'utf8')).toBe('mine');
});
