// Where everything is, as seen from one page: addresses are relative, so that the pages also work below a path of a proxy.

import type { Person } from '../agent/http/sessions.ts';
import { kindOf, nameOf, type RunId, type TargetId } from '../model/ids.ts';
import type { ForgePages } from './forge-pages.ts';

export interface Links {
  readonly home: string;
  readonly targets: string;
  readonly map: string;
  readonly search: string;
  readonly api: string;
  readonly signIn: string;
  readonly signOut: string;
  run(run: RunId): string;
  step(run: RunId, target: TargetId): string;
  target(target: TargetId): string;
  /** The same list, from before that run on. */
  older(list: string, before: RunId): string;
  /** The whole output of a step as plain text. */
  log(run: RunId, target: TargetId): string;
  /** A run as it goes on, without what was printed before. */
  events(run: RunId): string;
  /** A static file by its name with digest. */
  asset(file: string): string;
  /** Where the browser is sent to the forge to sign in, and from there on to a page. */
  signInForge(to: string): string;
  /** The board of the queues. */
  readonly queues: string;
  /** What people asked for. */
  readonly asked: string;
  /** The page that says what an action will do: a path without parts that need care. */
  act(path: readonly string[]): string;
  /** Who looks; null for who did not sign in. What they may do is offered. */
  readonly viewer: Person | null;
  /** Pages of the forge; null where it has none. */
  readonly forge: ForgePages | null;
  /** A page by its path, as the server sees it; what is no path within Phoenix leads home. */
  within(path: string): string;
}

/** @param path of the page, as the browser asked for it */
export function linksFrom(path: string, forge: ForgePages | null = null, viewer: Person | null = null): Links {
  const root = rootFrom(path);
  const part = encodeURIComponent;
  const place = (target: TargetId) => `${part(kindOf(target))}/${part(nameOf(target))}`;
  return {
    home: root,
    targets: `${root}targets`,
    map: `${root}map`,
    search: `${root}search`,
    api: `${root}api`,
    signIn: `${root}sign-in`,
    signOut: `${root}sign-out`,
    signInForge: (to) => `${root}sign-in-forge?to=${part(to)}`,
    queues: `${root}queues/`,
    asked: `${root}asked`,
    act: (parts) => `${root}do/${parts.map(part).join('/')}`,
    viewer,
    run: (run) => `${root}runs/${part(run)}`,
    step: (run, target) => `${root}runs/${part(run)}/${place(target)}`,
    target: (target) => `${root}targets/${place(target)}`,
    older: (list, before) => `${list}?before=${part(before)}`,
    log: (run, target) => `${root}api/runs/${part(run)}/logs/${place(target)}?format=text`,
    events: (run) => `${root}api/runs/${part(run)}/events?logs=new`,
    asset: (file) => `${root}static/${part(file)}`,
    forge,
    within: (to) => withinFrom(path, to),
  };
}

function rootFrom(path: string): string {
  return '../'.repeat(Math.max(0, path.split('/').length - 2)) || './';
}

/**
 * Relative from one page to another. It begins with a dot whatever is given, so that no text makes it lead to another site; and
 * what would climb out of a proxy's path is taken away.
 */
export function withinFrom(path: string, to: string): string {
  const url = /^\/[!-~]*$/.test(to) ? URL.parse(to.replace(/^[/\\]+/, '/'), 'http://phoenix.invalid') : null;
  const inside =
    url === null || url.host !== 'phoenix.invalid' ? '' : `${url.pathname}${url.search}`.replace(/^\/+/, '');
  return `${rootFrom(path)}${inside}`;
}
