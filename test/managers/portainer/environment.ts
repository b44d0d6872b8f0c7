// A lab host with two Docker VMs, as the managers of guests leave them. The certificate of Portainer and its root are where their targets put them.

import { createPublicKey } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyText, makeCertificate, newKey } from 'phoenix-lab/certificates';
import { setGuestState } from 'phoenix-lab/host';
import {
  changeState,
  type Database,
  type DockerState,
  isServer,
  openNode,
  readDatabase,
  readState,
  rootOf,
  setAgent,
  writeDatabase,
} from 'phoenix-lab/state';
import { afterAll } from 'vitest';
import type { Config } from '../../../src/managers/config.ts';
import { portainer } from '../../../src/managers/portainer/manager.ts';
import { call } from '../../../src/managers/portainer-api/call.ts';
import type { Service } from '../../../src/managers/portainer-api/service.ts';
import { stack } from '../../../src/managers/stack/manager.ts';
import type { HttpRequest } from '../../../src/model/action.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { wanted } from '../guests.ts';
import { AGENT, CERTIFICATE, CONTENTS, declared, PRIMARY, targetOf } from './configuration.ts';

/** Links within a lab stay within its copy. */
const COPY = { recursive: true, verbatimSymlinks: true };

/** Both VMs run and have Docker, without Portainer. @param contents blobs besides those that `declared` refers to */
export async function openVms(contents: Readonly<Record<string, string>> = {}): Promise<LabHost> {
  const host = await openLabHost([], { ...CONTENTS, ...contents });
  for (const [id, ip] of [
    [PRIMARY, '10.0.0.111'],
    [AGENT, '10.0.0.102'],
  ] as const) {
    const net = `net0: virtio=BC:24:11:00:00:0${id - 1000},bridge=vmbr0\nipconfig0: gw=10.0.0.1,ip=${ip}/24\n`;
    await host.write(`/etc/pve/qemu-server/${id}.conf`, `agent: 1\nname: vm-${id}\n${net}`);
    setGuestState(host.dir, id, 'running');
    setAgent(openNode(host.dir), id, true);
    await writeInside(host, id, '/usr/bin/docker', '');
    await writeInside(host, id, '/etc/fstab', `10.0.0.13:/tank/${id} /persistent-storage nfs defaults 0 0\n`);
  }
  await host.write('/etc/hosts', '10.0.0.102 agent.example.internal other.example.internal\n');
  const { root, chain, key } = pki;
  await host.write('/usr/local/share/ca-certificates/phoenix-root.crt', root);
  await host.write(CERTIFICATE.certPath, chain);
  await host.write(CERTIFICATE.keyPath, key);
  return host;
}

const pki = makePki();

function makePki(): { readonly root: string; readonly chain: string; readonly key: string } {
  const [rootKey, key] = [newKey(), newKey()];
  const times = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) };
  const issuer = { name: 'Lab Root', key: rootKey };
  const of = (subject: string, own: typeof key) => ({ subject, publicKey: createPublicKey(own), issuer, ...times });
  return {
    root: makeCertificate({ ...of('Lab Root', rootKey), names: [], authority: 1 }),
    chain: makeCertificate({ ...of(CERTIFICATE.commonName, key), names: [...CERTIFICATE.sans] }),
    key: keyText(key),
  };
}

/**
 * A host on which these targets were carried out, afresh each time: the first time does the work, later ones copy what it left.
 * Called where tests are declared.
 */
export function prepared(config: Config, ids: readonly string[]): () => Promise<LabHost> {
  let kept: Promise<string> | undefined;
  const prepare = async (): Promise<string> => {
    const host = await openVms();
    for (const id of ids) await converge(host, config, id);
    const dir = await mkdtemp(join(tmpdir(), 'phoenix-prepared-'));
    cpSync(host.dir, dir, COPY);
    await host.close();
    return dir;
  };
  afterAll(async () => {
    if (kept !== undefined) rmSync(await kept, { recursive: true, force: true });
  });
  return async () => {
    kept ??= prepare();
    const host = await openVms();
    rmSync(host.dir, { recursive: true });
    cpSync(await kept, host.dir, COPY);
    return host;
  };
}

export async function converge(host: LabHost, config: Config, id: string) {
  const manager = id.startsWith('stack/') ? stack : portainer;
  const end = await convergeStep(manager as typeof stack, host, wanted(targetOf(config, id)));
  if (end.outcome !== 'done') throw new Error(`${id}: ${JSON.stringify(end).slice(0, 500)}`);
  return end;
}

const rootIn = (host: LabHost, id: number) => rootOf(openNode(host.dir), id);

export function writeInside(host: LabHost, id: number, path: string, text: string): Promise<void> {
  return host.write(rootIn(host, id).at(path).slice(host.dir.length), text);
}

export function dockerOf(host: LabHost, id: number): DockerState {
  return readState(rootIn(host, id));
}

export function changeDocker(host: LabHost, id: number, change: (state: DockerState) => void): void {
  changeState(rootIn(host, id), change);
}

/** Portainer's own data; null before its first start. */
export function databaseOf(host: LabHost): Database | null {
  const state = dockerOf(host, PRIMARY);
  const server = state.containers.find(isServer);
  return server === undefined ? null : readDatabase(rootIn(host, PRIMARY), state, server);
}

export function changeDatabase(host: LabHost, change: (database: Database) => void): void {
  const state = dockerOf(host, PRIMARY);
  const server = state.containers.find(isServer);
  const database = databaseOf(host);
  if (server === undefined || database === null) throw new Error('there is no Portainer');
  change(database);
  writeDatabase(rootIn(host, PRIMARY), state, server, database);
}

/** Containers by name, with the options that they were started with. */
export function containersOf(host: LabHost, id: number): unknown {
  return dockerOf(host, id).containers.map(({ name, configuration, running }) => ({ name, configuration, running }));
}

/** A request to the server, as the managers send theirs. */
export function askPortainer(
  host: LabHost,
  method: HttpRequest['method'],
  path: string,
  more: Parameters<typeof call>[3] = {},
) {
  const service = targetOf(declared(), 'portainer/server').spec['service'] as Service;
  return host.request(call(service, method, path, more));
}
