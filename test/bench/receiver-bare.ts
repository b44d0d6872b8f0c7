// A minimal webhook receiver: express, the raw body, the signature, a response. `node receiver-bare.ts SECRET`.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import express from 'express';

const [secret = ''] = process.argv.slice(2);

const app = express();
app.post('/webhooks', express.raw({ type: () => true, limit: '25mb' }), (request, response) => {
  const given = Buffer.from(String(request.headers['x-hub-signature-256']));
  const right = Buffer.from(`sha256=${createHmac('sha256', secret).update(request.body).digest('hex')}`);
  const same = given.length === right.length && timingSafeEqual(given, right);
  response.sendStatus(same ? 202 : 401);
});
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`);
});
