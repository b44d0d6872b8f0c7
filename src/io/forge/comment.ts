// Shared parts of Phoenix's comments on all forges.

import { createHash, createHmac } from 'node:crypto';
import type { PullComment } from '../../model/report.ts';
import type { ForgeLogin } from './options.ts';
import { truncateMarkdown } from './truncate-markdown.ts';

/** GitHub's limit is 65,536 characters. */
const MAX_COMMENT_CHARACTERS = 65_000;

/**
 * The invisible first line of Phoenix's comment under a pull request, by which the comment is found again. Nobody else can compute it
 * in advance, so Phoenix never writes into a comment that somebody else owns and may change later.
 */
export function commentMark(login: ForgeLogin, { pull, answers }: Pick<PullComment, 'pull' | 'answers'>): string {
  const key = login.as === 'token' ? login.token() : login.key;
  const place = answers === undefined ? `comment under ${pull}` : `answer to ${answers} under ${pull}`;
  const digest = createHmac('sha256', key).update(place).digest('hex').slice(0, 32);
  return `<!-- phoenix: ${answers === undefined ? 'kept up to date' : 'an answer'}, ${digest} -->`;
}

/** @param said a line above the text; empty for none */
export function markedBody(mark: string, { body, url }: Pick<PullComment, 'body' | 'url'>, said = ''): string {
  return `${mark}\n${said === '' ? '' : `${said}\n\n`}${truncateMarkdown(body, MAX_COMMENT_CHARACTERS, url ?? null)}`;
}

/** Two timestamps of the same instant may differ by a second when rounded. */
const WHOLE_SECOND_MS = 1000;

/** @param created and `updated` timestamps in the forge's format */
export function isEdited(created: string, updated: string): boolean {
  const tolerance = created.includes('.') ? 0 : WHOLE_SECOND_MS;
  return Date.parse(updated) - Date.parse(created) > tolerance;
}

/** Phoenix's comment as stored by the forge: its id, and a digest of its text, by which changes by others are detected. */
export interface OurComment {
  readonly id: string;
  /** Null for a comment whose text was never recorded. */
  readonly digest: string | null;
}

export function commentHandle(id: number | string, body: string): string {
  return `${id} ${digestOf(body)}`;
}

export function readCommentHandle(handle: string | null): OurComment | null {
  const [, id, digest] = /^(\d+)(?: ([0-9a-f]{16}))?$/.exec(handle ?? '') ?? [];
  return id === undefined ? null : { id, digest: digest ?? null };
}

/** Whether somebody else has changed the text since it was recorded. */
export function isChanged({ digest }: OurComment, body: string): boolean {
  return digest !== null && digest !== digestOf(body);
}

function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16);
}
