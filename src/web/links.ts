// Relative links from a page, so that the pages also work below a path of a proxy.

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
  /** The next page of the list, before that run. */
  older(list: string, before: RunId): string;
  /** The full output of a step as plain text. */
  log(run: RunId, target: TargetId): string;
  /** Event stream of a run, without earlier output. */
  events(run: RunId): string;
  /** A static file by name with digest. */
  asset(file: string): string;
  /** Starts the sign-in through the forge and returns to a page. */
  signInForge(to: string): string;
  /** The queue dashboard. */
  readonly queues: string;
  /** The audit page. */
  readonly asked: string;
  /** The preview page of an action; the path needs no escaping. */
  act(path: readonly string[]): string;
  /** The signed-in user, or null; determines the offered actions. */
  readonly viewer: Person | null;
  /** Pages of the forge; null if there are none. */
  readonly forge: ForgePages | null;
  /** A page by its server path; the front page for any other text. */
  within(path: string): string;
}

/** @param path of the page as requested */
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
 * A relative link between two pages. It always begins with a dot, so that no input can lead to another site, and `..` segments that would leave the
 * proxy's path are removed.
 */
export function withinFrom(path: string, to: string): string {
  const url = /^\/[!-~]*$/.test(to) ? URL.parse(to.replace(/^[/\\]+/, '/'), 'http://phoenix.invalid') : null;
  const inside =
    url === null || url.host !== 'phoenix.invalid' ? '' : `${url.pathname}${url.search}`.replace(/^\/+/, '');
  return `${rootFrom(path)}${inside}`;
}
