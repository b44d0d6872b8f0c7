// Pebble, the ACME test server of Let's Encrypt: strict about the protocol, and rejecting every fifth nonce.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePort, start } from '../programs.ts';
import { until } from '../until.ts';
import { testAuthority } from './tls.ts';

/** From PHOENIX_TEST_PEBBLE or PATH; undefined when this machine has none. */
export const PEBBLE = findProgram('pebble', 'PHOENIX_TEST_PEBBLE');
/** Pebble's DNS server. */
export const RESOLVER = findProgram('pebble-challtestsrv', 'PHOENIX_TEST_CHALLTESTSRV');

export interface Pebble {
  /** `https://127.0.0.1:PORT`; the directory is `/dir`. */
  readonly url: string;
  /** The root of its own web server's certificate, PEM. */
  readonly trust: string;
  /** The root of the certificates that it issues, as PEM. */
  readonly root: string;
  stop(): Promise<void>;
}

export async function startPebble(program: string, dns: string, challengePort: number): Promise<Pebble> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-pebble-'));
  const authority = await testAuthority('Pebble Listener');
  const { certificate, key } = await authority.issue(['127.0.0.1']);
  const [port, management] = [await freePort(), await freePort()];
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: join(folder, 'listener.crt'),
      privateKey: join(folder, 'listener.key'),
      httpPort: challengePort,
      tlsPort: 5001,
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
    },
  };
  await writeFile(config.pebble.certificate, certificate);
  await writeFile(config.pebble.privateKey, key);
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const server = start(program, ['-config', join(folder, 'config.json'), '-strict', '-dnsserver', dns], {
    PEBBLE_VA_NOSLEEP: '1',
    PEBBLE_WFE_NONCEREJECT: '20',
  });
  let root = '';
  // Its two ports open one after the other, in either order.
  const isUp = async (): Promise<boolean> => {
    root = await get(`https://127.0.0.1:${management}/roots/0`, authority.root).catch(() => '');
    return root !== '' && /ACME directory available/.test(server.output());
  };
  await until(isUp, 'pebble').catch(async (error: Error) => {
    await server.stop();
    throw new Error(`${error.message}\n${server.output()}`);
  });
  return {
    url: `https://127.0.0.1:${port}`,
    trust: authority.root,
    root,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function get(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { ca }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve(Buffer.concat(chunks).toString('utf8'));
    })
      .once('error', reject)
      .end();
  });
}
