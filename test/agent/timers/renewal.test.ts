// A certificate, end to end: pushed, issued by the lab's authority, renewed by the timer near its expiry, and kept while the authority is
// unreachable.

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ageCertificate, setGuestState } from 'phoenix-lab/host';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as managers from '../../../src/managers/index.ts';
import type { CommitSha, TargetId } from '../../../src/model/ids.ts';
import type { Queue } from '../../../src/ports/queue.ts';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';
import { openQueueOf } from './timed-boxes.ts';

const FILE = '/srv/101/ssl/web.crt';
const KEY = '/srv/101/ssl/web.key';
const TARGET = 'phoenix/certificate/web.example.internal';
const MINUTE = 60_000;

let lab: LabHost;
let phoenix: Phoenix;
let queue: Queue;
let later = 0;

beforeAll(async () => {
  lab = await openLabHost();
  const clock = { now: () => new Date(Date.now() + later) };
  phoenix = await startPhoenix({ host: lab, managers, clock });
  queue = openQueueOf(phoenix);
});
afterAll(async () => {
  await queue.close(0);
  await phoenix.stop();
  await lab.close();
});

const mount = (host: string, container: string) => [
  { host_path: host, container_path: container, owner_uid: 0, owner_gid: 0 },
];
const FILES = {
  ...environment(
    {
      101: { mount_points: mount('/srv/101/ssl', '/etc/nginx/ssl') },
      103: { role: 'ca', features: ['step_ca'], mount_points: mount('/srv/103/ssl', '/etc/step-ca/ssl') },
    },
    { step_ca: { root_ca_name: 'Lab', dns_name: 'ca.example.internal', provisioner_name: 'admin@example.internal' } },
  ),
  'etc/certificate-manifest.json': JSON.stringify([
    {
      common_name: 'web.example.internal',
      cert_path: FILE,
      key_path: KEY,
      post_renewal: { kind: 'exec', guest: 101, argv: ['echo', 'a new certificate'] },
    },
  ]),
};

const pair = () => Promise.all([FILE, KEY].map((path) => readFile(join(lab.dir, path), 'utf8')));
const told = async () =>
  (await readFile(join(lab.dir, 'guest-calls.jsonl'), 'utf8'))
    .split('\n')
    .filter((line) => line.includes('a new certificate')).length;

/** Triggers the timer; resolves when its run has ended and is reported. */
async function renewed(commit: Parameters<Phoenix['statuses']>[0]) {
  const timed = async () => (await phoenix.ledger.runs(50)).filter(({ trigger }) => trigger === 'drift');
  const before = (await timed()).length;
  await queue.requestRenew();
  await until(async () => {
    const runs = await timed();
    return runs.length > before && runs.every(({ ended }) => ended !== null);
  }, 'the renewal to end');
  await phoenix.answered(commit);
  return (await timed())[0];
}

/** Settles earlier tries first, so that this one is due again. */
async function age(): Promise<void> {
  await until(async () => (await phoenix.ledger.renewals()).size === 0, 'the tries to be forgotten');
  ageCertificate(lab.dir, FILE, { authority: 103, hoursLived: 20, hoursLeft: 4 });
}

test(
  'a certificate is renewed by the timer; without its authority the old one stays and the check says so',
  LONG_TEST,
  async () => {
    const { commit, statuses } = await phoenix.push(FILES);
    expect(statuses[TARGET]).toBe('success: applied');
    expect(await told()).toBe(1);
    const first = await pair();
    // The pages show its expiry by the file on the host, where it is declared, and the author of the commit.
    const target = 'certificate/web.example.internal' as TargetId;
    const shown = phoenix.agent();
    const { validTo } = new X509Certificate(first[0] ?? '');
    const [end] = await shown.certificates();
    expect(end).toMatchObject({ target, validity: { until: new Date(validTo).toISOString() } });
    expect(await shown.declaration(target)).toMatchObject({
      ...{ commit, place: { file: 'etc/certificate-manifest.json', line: 1 } },
      fields: expect.arrayContaining([{ field: 'post_renewal.guest', value: 101 }]),
    });
    expect(await shown.declaration('lxc/999' as TargetId)).toBeNull();
    expect((await shown.environment())?.authority).toBe('lxc/103');
    // Declarations are known without waiting for the host.
    expect((await shown.known(0)).map((each) => each.target)).toContain(target);
    const commits = await shown.commits([commit, 'f'.repeat(40) as CommitSha]);
    expect([...commits.keys()]).toEqual([commit]);

    await age();
    expect(await renewed(commit)).toMatchObject({ by: 'phoenix', state: 'succeeded', steps: [{ outcome: 'applied' }] });
    expect(phoenix.statuses(commit)[TARGET]).toBe('success: applied');
    const second = await pair();
    expect(second[0]).not.toBe(first[0]);
    expect(second[1]).not.toBe(first[1]);
    expect(await told()).toBe(2);

    await age();
    const old = await pair();
    setGuestState(lab.dir, 103, 'stopped');
    expect(await renewed(commit)).toMatchObject({ state: 'failed', steps: [{ outcome: 'failed' }] });
    expect(phoenix.statuses(commit)[TARGET]).toMatch(
      /^failure: sign the certificate: https:\/\/ca.*; see to the authority, the present one is valid until 20[-0-9 :]+ UTC$/,
    );
    expect(phoenix.statuses(commit)['phoenix/lxc/101']).toBe('success: applied');
    expect(await pair()).toEqual(old);
    expect(await told()).toBe(2);

    // Before a minute has passed it is not tried again.
    setGuestState(lab.dir, 103, 'running');
    later = 2 * MINUTE;
    expect(await renewed(commit)).toMatchObject({ state: 'succeeded' });
    expect(phoenix.statuses(commit)[TARGET]).toBe('success: applied');
    expect(await pair()).not.toEqual(old);
    expect(await told()).toBe(3);
  },
);
