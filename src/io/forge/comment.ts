// What all forges' comments of ours have in common.

import { createHash, createHmac } from 'node:crypto';
import type { PullComment } from '../../model/report.ts';
import { cutMarkdown } from './cut.ts';
import type { ForgeLogin } from './options.ts';

/** GitHub takes 65,536 characters. */
const LONGEST = 65_000;

/**
 * First in a comment of ours under one pull request: it shows nowhere, and finds the comment again. Nobody else can write it
 * beforehand, so that what Phoenix says never stands in a comment that a stranger may change afterwards.
 */
export function commentMark(login: ForgeLogin, { pull, answers }: Pick<PullComment, 'pull' | 'answers'>): string {
  const key = login.as === 'token' ? login.token() : login.key;
  const place = answers === undefined ? `comment under ${pull}` : `answer to ${answers} under ${pull}`;
  const digest = createHmac('sha256', key).update(place).digest('hex').slice(0, 32);
  return `<!-- phoenix: ${answers === undefined ? 'kept up to date' : 'an answer'}, ${digest} -->`;
}

/** @param said above the text; empty for nothing */
export function markedBody(mark: string, { body, url }: Pick<PullComment, 'body' | 'url'>, said = ''): string {
  return `${mark}\n${said === '' ? '' : `${said}\n\n`}${cutMarkdown(body, LONGEST, url ?? null)}`;
}

/** Times of whole seconds may be one apart though both were taken at once. */
const WHOLE_SECOND_MS = 1000;

/** @param created and `updated` as the forge writes them */
export function isEdited(created: string, updated: string): boolean {
  const tolerance = created.includes('.') ? 0 : WHOLE_SECOND_MS;
  return Date.parse(updated) - Date.parse(created) > tolerance;
}

/** Our comment as the forge took it: its id, and a digest of the text that it has now, by which a change by others is seen. */
export interface OurComment {
  readonly id: string;
  /** Null for a comment whose text was never noted. */
  readonly digest: string | null;
}

export function commentHandle(id: number | string, body: string): string {
  return `${id} ${digestOf(body)}`;
}

export function readCommentHandle(handle: string | null): OurComment | null {
  const [, id, digest] = /^(\d+)(?: ([0-9a-f]{16}))?$/.exec(handle ?? '') ?? [];
  return id === undefined ? null : { id, digest: digest ?? null };
}

/** Whether somebody else has changed the text since it was noted. */
export function isChanged({ digest }: OurComment, body: string): boolean {
  return digest !== null && digest !== digestOf(body);
}

function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16);
}
