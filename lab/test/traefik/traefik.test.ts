// The lab's Traefik against responses recorded from the real one, version 3.7.9, to the same files, and against the real one where the machine has
// it.

import { cpSync, lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { must } from '../../../test/managers/certificate/environment.ts';
import { TRAEFIK } from '../../../test/managers/gateway/real-traefik.ts';
import { TEMPLATE } from '../../../test/managers/guests.ts';
import { type LabHost, openLabHost } from '../../../test/support/host/lab-host.ts';
import { type Answers, CASES, comparable, lastWords, recorded, type TraefikCase } from './cases.ts';
import { askReal } from './real.ts';

const ANSWERS = recorded();
const CONFIG = '/etc/traefik/traefik.yml';

let model: Promise<LabHost> | undefined;
afterAll(async () => (await model)?.close());

/** A container in which Traefik runs, as the feature leaves it. */
async function setUp(): Promise<LabHost> {
  const host = await openLabHost([{ id: 'rpool', type: 'dir', content: ['rootdir', 'images'] }]);
  const net = 'name=eth0,bridge=vmbr0,ip=10.0.0.12/24,gw=10.0.0.1';
  await must(host, ['create', '102', TEMPLATE, '--hostname', 'ct-102', '--rootfs', 'rpool:4', '--net0', net]);
  await must(host, ['start', '102']);
  const script = new URL('../../../etc/features/traefik/install.sh', import.meta.url);
  await must(host, ['exec', '102', '--', 'sh', '-s'], await readFile(script, 'utf8'));
  return host;
}

async function openProxy(): Promise<LabHost> {
  model ??= setUp();
  const { dir } = await model;
  const host = await openLabHost();
  cpSync(dir, host.dir, { recursive: true, filter: (path) => !lstatSync(path).isSymbolicLink() });
  return host;
}

async function inside(host: LabHost, argv: readonly string[], stdin?: string) {
  const command = {
    kind: 'command',
    program: 'pct',
    args: ['exec', '102', '--', ...argv],
    timeoutSeconds: 20,
  } as const;
  return host.run(stdin === undefined ? command : { ...command, stdin: { from: 'text', text: stdin } });
}

async function askLab({ config, files, asks }: TraefikCase): Promise<Answers> {
  const host = await openProxy();
  const put = (path: string, text: string) => inside(host, ['sh', '-c', `cat >${path}`], text);
  try {
    const [first = {}, ...later] = files;
    await inside(host, ['systemctl', 'stop', 'traefik']);
    if (config === null) await inside(host, ['rm', CONFIG]);
    else await put(CONFIG, config);
    for (const [name, text] of Object.entries(first)) await put(`/etc/traefik/dynamic/${name}`, text);
    await inside(host, ['systemctl', 'restart', 'traefik']);
    const { stdout: state } = await inside(host, ['systemctl', 'is-active', 'traefik']);
    const { stdout: journal } = await inside(host, ['journalctl', '-u', 'traefik']);
    if (state !== 'active\n') return { words: lastWords(journal) };
    for (const change of later) {
      for (const name of Object.keys(first))
        if (!(name in change)) await inside(host, ['rm', `/etc/traefik/dynamic/${name}`]);
      for (const [name, text] of Object.entries(change)) await put(`/etc/traefik/dynamic/${name}`, text);
    }
    const answers: Record<string, unknown> = {};
    for (const asked of asks) {
      const { exit, stdout } = await inside(host, ['curl', '-s', `http://127.0.0.1:8080${asked}`]);
      answers[asked] = comparable(asked, exit === 0 ? stdout : null);
    }
    // As JSON has it, without undefined fields.
    return JSON.parse(JSON.stringify(answers)) as Answers;
  } finally {
    await host.close();
  }
}

test.each(CASES.map((each) => [each.name, each] as const))('the lab: %s', async (name, each) => {
  expect(await askLab(each)).toEqual(ANSWERS[name]);
});

describe.skipIf(TRAEFIK === undefined)('the real one', () => {
  test.concurrent.each(CASES.map((each) => [each.name, each] as const))(
    '%s',
    { timeout: 60_000 },
    async (name, each) => {
      expect(JSON.parse(JSON.stringify(await askReal(each)))).toEqual(ANSWERS[name]);
    },
  );
});
