// A Probot app that listens to pushes and does nothing on them. `node receiver-probot.ts SECRET`; where the package is not
// installed, it ends with 3.

import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Probot {
  readonly Probot: new (options: Readonly<Record<string, unknown>>) => unknown;
  createNodeMiddleware(
    app: (app: { on(event: string, handle: () => void): void }) => void,
    options: { readonly probot: unknown; readonly webhooksPath: string },
  ): RequestListener | Promise<RequestListener>;
}

const [secret = ''] = process.argv.slice(2);
const name = 'probot';
const found = await import(name).catch(() => process.exit(3));
const { Probot, createNodeMiddleware } = found as Probot;

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
