// A Probot app that receives pushes and does nothing. `node receiver-probot.ts SECRET FOLDER`, where FOLDER contains probot, which is not one of our
// dependencies.

import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Probot {
  readonly Probot: new (options: Readonly<Record<string, unknown>>) => unknown;
  createNodeMiddleware(
    app: (app: { on(event: string, handle: () => void): void }) => void,
    options: { readonly probot: unknown; readonly webhooksPath: string },
  ): RequestListener | Promise<RequestListener>;
}

const [secret = '', folder = ''] = process.argv.slice(2);
const place = createRequire(join(folder, 'package.json')).resolve('probot');
const { Probot, createNodeMiddleware } = (await import(pathToFileURL(place).href)) as Probot;

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});
const probot = new Probot({ appId: 1, privateKey, secret, logLevel: 'fatal' });
const listener = await createNodeMiddleware((app) => app.on('push', () => {}), { probot, webhooksPath: '/webhooks' });
const server = createServer(listener).listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`);
});
