// What all forges' comments of ours have in common.

import { createHmac } from 'node:crypto';
import { cutMarkdown } from './cut.ts';
import type { ForgeLogin } from './options.ts';

/** GitHub takes 65,536 characters. */
const LONGEST = 65_000;

/**
 * First in the comment of ours under one pull request: it shows nowhere, and finds the comment again. Nobody else can write it
 * beforehand, so that what Phoenix says never stands in a comment that a stranger may change afterwards.
 */
export function commentMark(login: ForgeLogin, pull: number): string {
  const key = login.as === 'token' ? login.token : login.key;
  const digest = createHmac('sha256', key).update(`comment under ${pull}`).digest('hex').slice(0, 32);
  return `<!-- phoenix: kept up to date, ${digest} -->`;
}

export function markedBody(mark: string, body: string): string {
  return `${mark}\n${cutMarkdown(body, LONGEST, null)}`;
}
