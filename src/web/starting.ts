// The page of an agent that is starting. It looks again by itself, and shows the page that was asked for once there is one.

import express, { type RequestHandler } from 'express';
import { accessOf } from '../agent/http/guard.ts';
import { PAGE_ERROR } from '../messages/pages/pages.ts';
import { assetRoute, loadAssets } from './assets.ts';
import { document } from './html/document.ts';
import { errorPage } from './html/error-page.ts';
import { html } from './html/html.ts';
import { linksFrom } from './links.ts';
import { sendAsset, sendPage } from './send.ts';

const LOOK_EVERY_SECONDS = 3;

/** @param waitsFor what is waited for; shown to those who may read */
export function openStartingPage(waitsFor: () => string): RequestHandler {
  const assets = loadAssets();
  const routes = express.Router();
  routes.get('/static/:file', assetRoute(assets, sendAsset));
  // API paths are answered elsewhere.
  routes.get(/^\/(?!api(\/|$)|metrics$)/, (request, response, next) => {
    if (request.accepts('json', 'html') !== 'html') return next();
    const shown = accessOf(request).reader(request) === null ? null : waitsFor();
    const waiting = errorPage(PAGE_ERROR.starting(shown));
    const main = html`<div data-starting>${waiting.main}</div>`;
    const page = { ...waiting, main, live: { everySeconds: LOOK_EVERY_SECONDS } };
    sendPage(response, 503, document(page, linksFrom(request.path), assets.names));
  });
  return routes;
}
