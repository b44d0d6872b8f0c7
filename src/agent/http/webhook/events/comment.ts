// Commands in comments under a pull request: a separate line such as `/phoenix approve lxc/105`.

import { z } from 'zod';
import { isTargetName, targetWord, targetWords } from '../../../../model/target-name.ts';
import type { Ask } from '../../../../ports/deliveries.ts';
import { ignored, type ParsedEvent, parsed } from './parsed-event.ts';
import { Login, parsePayload } from './shape.ts';

const MAX_TARGETS = 100;

const Comment = z.object({
  action: z.string(),
  sender: Login,
  issue: z.object({ number: z.number().int().positive(), pull_request: z.unknown().optional() }),
  is_pull: z.boolean().optional(),
  comment: z.object({ id: z.number().int().positive(), body: z.string(), user: Login.nullish() }),
  /** Gitea and Forgejo include the sender's permissions; the others do not. */
  repository: z.object({ permissions: z.object({ push: z.boolean() }).optional() }).optional(),
});
const Note = z.object({
  user: z.object({ id: z.number().int().optional(), username: z.string() }),
  object_attributes: z.object({
    id: z.number().int().positive(),
    author_id: z.number().int().optional(),
    note: z.string(),
    noteable_type: z.string(),
    action: z.string().optional(),
  }),
  merge_request: z.object({ iid: z.number().int().positive() }).optional(),
});

export function parseCommentEvent(payload: unknown): ParsedEvent {
  const read = parsePayload(Comment, payload, 'a comment');
  if ('malformed' in read) return read.malformed;
  const { action, sender, issue, is_pull, comment, repository } = read.data;
  if (!issue.pull_request && is_pull !== true) return ignored('Phoenix reads comments under pull requests');
  if (action !== 'created' && comment.user?.login !== sender.login) return touched(issue.number, sender.login);
  // An edited comment was handled when it was created; bots' comments are no commands.
  if (action !== 'created' || sender.type === 'Bot') return ignored('Phoenix reads new comments of people');
  return commandEvent(comment, issue.number, sender.login, repository?.permissions?.push);
}

export function parseNoteEvent(payload: unknown): ParsedEvent {
  const read = parsePayload(Note, payload, 'a note');
  if ('malformed' in read) return read.malformed;
  const { user, object_attributes: note, merge_request: request } = read.data;
  if (note.noteable_type !== 'MergeRequest' || request === undefined) {
    return ignored('Phoenix reads notes under merge requests');
  }
  if ((note.action ?? 'create') !== 'create') {
    return note.author_id === user.id ? ignored('Phoenix reads new notes') : touched(request.iid, user.username);
  }
  return commandEvent({ id: note.id, body: note.note }, request.iid, user.username);
}

function commandEvent(
  { id, body }: { readonly id: number; readonly body: string },
  pull: number,
  by: string,
  mayPush?: boolean,
): ParsedEvent {
  const ask = commandIn(body, pull);
  if (ask === null) return ignored('the comment asks Phoenix for nothing');
  const said = mayPush === undefined ? {} : { mayPush };
  return parsed({ kind: 'ask', ask, source: { on: 'comment', id: String(id), pull }, ...said }, by);
}

/** Somebody changed or deleted another's comment, which may be Phoenix's. */
function touched(pull: number, by: string): ParsedEvent {
  return parsed({ kind: 'pull', pull, comment: true }, by);
}

/** The text of a command. */
export function commandText(ask: Ask): string {
  switch (ask.what) {
    case 'approve':
      return `/phoenix approve ${ask.targets.map(targetWord).join(' ')}`;
    case 'replay':
      return `/phoenix replay ${ask.commit ?? ''}`.trim();
    default:
      return `/phoenix ${ask.what}`;
  }
}

/** The first valid command to Phoenix; lines in quotations and code blocks do not count. */
export function commandIn(body: string, pull: number): Ask | null {
  let fenced = false;
  for (const line of body.split(/\r?\n/)) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    const [, verb = '', rest = ''] = (fenced ? null : /^\/phoenix[ \t]+([a-z]+)(?:[ \t]+(.*))?$/i.exec(line)) ?? [];
    const words = targetWords(rest);
    switch (verb.toLowerCase()) {
      case 'approve': {
        const targets = words.filter(isTargetName).slice(0, MAX_TARGETS);
        if (targets.length === 0 || targets.length < words.length) continue;
        return { what: 'approve', targets, pull };
      }
      case 'replay': {
        const [commit = null] = words;
        if (commit !== null && !/^[0-9a-f]{4,40}$/.test(commit)) continue;
        return { what: 'replay', commit, pull };
      }
      case 'plan':
        return { what: 'plan', pull };
    }
  }
  return null;
}
