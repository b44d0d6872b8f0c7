// Errors of the Git server, and Phoenix's messages.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRepository, type RepositoryOptions } from '../../../src/io/git/repository.ts';
import type { Repository } from '../../../src/ports/repository.ts';
import { type WorkingCopy, workingCopy } from '../../support/git/git.ts';
import { inThisThread } from '../../support/git/in-this-thread.ts';
import { type RecordedLog, recordLog } from '../../support/log.ts';
import { LONG_TEST } from '../../support/long.ts';

const TOKEN = 'very-secret-token';

let folder: string;
let forge: LabForge;
let copy: WorkingCopy;
let log: RecordedLog;
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-remote-'));
  forge = await startForge({ folder: join(folder, 'forge'), secret: 's', token: TOKEN });
  copy = await workingCopy(forge.pushUrl);
  log = recordLog();
  await copy.commit({ 'a.json': '1' });
  await copy.push();
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  await forge.close();
  await copy.remove();
  await rm(folder, { recursive: true, force: true });
});

function open(changes: Partial<RepositoryOptions> = {}): Repository {
  const options = { readsContent: () => true, maxFileBytes: 1000, branch: 'main', token: TOKEN, log };
  return openRepository(
    { url: forge.repositoryUrl, folder: join(folder, 'clone'), ...options, ...changes },
    inThisThread,
  );
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function failure(changes: Partial<RepositoryOptions>): Promise<string> {
  const error = await open(changes)
    .fetch()
    .then(
      () => new Error('it worked'),
      (reason: Error) => reason,
    );
  const everything = [error.message, ...log.lines, error.stack, String(error.cause)].join('\n');
  expect(everything).not.toContain(TOKEN);
  expect(everything).not.toContain(Buffer.from(`x-access-token:${TOKEN}`).toString('base64'));
  return error.message;
}

describe('errors say what to do', () => {
  test('no server responds', async () => {
    const closed = await serve(() => {});
    servers.pop()?.close();
    const message = await failure({ url: `${closed}/x.git` });
    expect(message).toContain(`${closed}/x.git: cannot be reached (ECONNREFUSED`);
    expect(message).toContain('check PHOENIX_REPO_URL and the network');
    expect(await failure({ url: 'http://nowhere.invalid/x.git' })).toMatch(/cannot be reached \((ENOTFOUND|EAI_AGAIN)/);
    expect(await failure({ url: 'http://127.0.0.1:1/x.git' })).toMatch(
      /never connect to; serve the repository at another one$/,
    );
  });

  test('the token is wrong or missing', async () => {
    expect(await failure({ token: 'wrong' })).toContain('PHOENIX_FORGE_TOKEN needs the right to read');
    const { token: _, ...rest } = { token: TOKEN };
    const bare = openRepository({
      url: forge.repositoryUrl,
      folder: join(folder, 'clone'),
      branch: 'main',
      log,
      readsContent: () => true,
      maxFileBytes: 1,
      ...rest,
    });
    await expect(bare.fetch()).rejects.toThrow('a login is asked for (HTTP 401); set PHOENIX_FORGE_TOKEN');
  });

  test('there is no repository', async () => {
    expect(await failure({ url: `${forge.url}/other/one.git` })).toContain('no repository there');
    const page = await serve((_, response) => response.end('<html>hello</html>'));
    expect(await failure({ url: page })).toContain('no Git repository answers there; check PHOENIX_REPO_URL');
  });

  test('the server has a bad day', LONG_TEST, async () => {
    forge.faults.git({ kind: 'answer', status: 503 });
    expect(await failure({})).toContain('the server answered HTTP 503');
    forge.faults.git({ kind: 'drop' });
    expect(await failure({})).toContain('cannot be reached');
    expect(await open().fetch()).toMatch(/^[0-9a-f]{40}$/);
  });

  test('the server is silent', async () => {
    forge.faults.git({ kind: 'hang' });
    expect(await failure({ limits: { silenceMs: 50, maxBytes: 1e6 } })).toContain('the server was silent for 0.05 s');
  });

  test('the repository is too large', async () => {
    expect(await failure({ limits: { silenceMs: 5000, maxBytes: 100 } })).toMatch(
      /more than 100 bytes for one fetch; raise PHOENIX_MAX_PACK_MB, .*git lfs/,
    );
  });

  test('the clone cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await failure({ folder: join(folder, 'file', 'clone') })).toContain('ENOTDIR');
  });

  test('the address cannot be used by Git over HTTP', () => {
    expect(() => open({ url: 'git@github.com:team/config.git' })).toThrow('must begin with https:// or http://');
  });
});

test('an untrusted certificate is refused, and trusted once its authority is configured', LONG_TEST, async () => {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate];
  const program = 'openssl';
  execFileSync(program, [...request, ...names], { stdio: 'ignore' });
  const options = { key: await readFile(key), cert: await readFile(certificate) };
  const server = createTlsServer(options, (_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}/x.git`;
  expect(await failure({ url })).toContain('set PHOENIX_CA_FILE to a PEM file with the certificate of its authority');

  const script = `
    const { trustAuthorities } = await import(process.argv[4]);
    trustAuthorities([{ pem: process.argv[5], line: 1 }]);
    const { openRepository } = await import(process.argv[1]);
    const log = { info() {}, warn() {}, error() {} };
    const options = { branch: 'main', folder: process.argv[3], log, readsContent: () => true, maxFileBytes: 1 };
    await openRepository({ url: process.argv[2], ...options }).fetch().catch((error) => console.log(error.message));`;
  const source = join(import.meta.dirname, '../../../src/io/git/repository.ts');
  const authorities = join(import.meta.dirname, '../../../src/io/authorities.ts');
  const given = [source, url, join(folder, 'clone'), authorities, await readFile(certificate, 'utf8')];
  const args = ['--input-type=module', '-e', script, ...given];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const output = await child.stdout.setEncoding('utf8').toArray();
  expect(output.join('')).toContain('no repository there');
});

test('credentials in the URL are used and never shown', async () => {
  const { token: _, ...options } = { token: '' };
  const repository = openRepository({
    url: forge.pushUrl,
    folder: join(folder, 'clone'),
    branch: 'missing',
    log,
    readsContent: () => true,
    maxFileBytes: 1,
    ...options,
  });
  expect(await repository.fetch()).toBeNull();
  const error = await repository.blob('a'.repeat(40)).catch(String);
  expect(error).toContain(forge.repositoryUrl);
  expect(error).not.toContain(TOKEN);
  expect(log.lines.join()).not.toContain(TOKEN);
});

test('the token follows no redirect to another server, but stays with its own', LONG_TEST, async () => {
  const seen: (string | undefined)[] = [];
  const thief = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(404).end();
  });
  const away = await serve((request, response) => {
    response.writeHead(302, { location: `${thief}${request.url}` }).end();
  });
  expect(await failure({ url: `${away}/team/config.git` })).toContain(
    `sends on to ${thief}/team/config.git: set PHOENIX_REPO_URL to that address if it is right`,
  );
  expect(seen).toEqual([]);
  const loop = await serve((request, response) => response.writeHead(307, { location: request.url ?? '' }).end());
  expect(await failure({ url: loop })).toContain('without end');
  // GitHub answers so for a repository that was renamed.
  const moved = await serve(async (request, response) => {
    if (request.url?.startsWith('/old')) {
      response.writeHead(301, { location: request.url.replace('/old', '/phoenix/config.git') }).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = new Headers();
    for (const name of ['authorization', 'content-type']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const body = request.method === 'POST' ? Buffer.concat(chunks) : null;
    const answer = await fetch(`${forge.url}${request.url}`, { method: request.method ?? 'GET', headers, body });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  expect(await open({ url: `${moved}/old` }).fetch()).toMatch(/^[0-9a-f]{40}$/);
});

test('a pack that was damaged on its way is not stored', LONG_TEST, async () => {
  let damage = true;
  const proxy = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = {
      authorization: request.headers.authorization ?? '',
      'content-type': request.headers['content-type'] ?? '',
    };
    const body = request.method === 'POST' ? Buffer.concat(chunks) : null;
    const answer = await fetch(`${forge.url}${request.url}`, { method: request.method ?? 'GET', headers, body });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const pack = bytes.indexOf('PACK');
    if (damage && pack > 0) bytes.writeUInt8(bytes.readUInt8(pack + 30) ^ 1, pack + 30);
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(bytes);
  });
  const url = `${proxy}/phoenix/config.git`;
  expect(await failure({ url })).toContain('damaged on its way');
  expect((await readdir(join(folder, 'clone'))).filter((name) => name.startsWith('clone-'))).toEqual([]);
  damage = false;
  expect(await open({ url }).fetch()).toMatch(/^[0-9a-f]{40}$/);
});
