// The two ends of GitHub's App manifest flow: the page that a browser posts to, and the exchange of the code.

import { randomBytes } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import type { Parts } from '../parts.ts';
import { notFound } from './answers.ts';
import { type Manifest, newSecrets, readManifest } from './manifest.ts';
import { appShape } from './shapes.ts';

const PAGES = ['/settings/apps/new', '/organizations/:organization/settings/apps/new'];
const FIRST_ID = 4711;

export function manifestRoutes(web: Router, rest: Router, parts: Parts): void {
  const agreed = new Map<string, Manifest>();
  let made = 0;

  for (const page of PAGES) {
    web.get(page, (_request, response) => {
      response.type('html').send('<!doctype html><title>Register new GitHub App</title><form method="post"></form>');
    });
    web.post(page, express.urlencoded({ limit: '1mb' }), (request, response) => {
      const { manifest, problems } = readManifest(request.body?.manifest);
      if (manifest === undefined) return refuse(response, problems);
      const code = randomBytes(20).toString('hex');
      agreed.set(code, manifest);
      response.redirect(302, redirectWithCode(manifest, code, request));
    });
  }

  rest.post('/app-manifests/:code/conversions', (request, response) => {
    const { code } = request.params as { code: string };
    const manifest = agreed.get(code);
    agreed.delete(code);
    if (manifest === undefined) return notFound(response);
    made += 1;
    response.status(201).json(makeApp(parts, manifest, FIRST_ID + made));
  });
}

function refuse(response: Response, problems: readonly string[]): void {
  response.status(422).type('text').send(problems.join('\n'));
}

function redirectWithCode({ redirect_url: redirect }: Manifest, code: string, request: Request): string {
  const url = new URL(redirect);
  url.searchParams.set('code', code);
  const { state } = request.query;
  if (typeof state === 'string') url.searchParams.set('state', state);
  return url.href;
}

function makeApp({ place, people, apps }: Parts, manifest: Manifest, id: number) {
  const { name = `app-${id}`, default_permissions: permissions = {}, default_events: events = [] } = manifest;
  const { publicKey, pem, webhookSecret, clientSecret } = newSecrets();
  const hook =
    manifest.hook_attributes === undefined ? null : { url: manifest.hook_attributes.url, secret: webhookSecret };
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const app = apps.add({ id, slug, name, publicKey, permissions: { metadata: 'read', ...permissions }, events, hook });
  return { ...appShape(place, people, app), client_secret: clientSecret, webhook_secret: webhookSecret, pem };
}
