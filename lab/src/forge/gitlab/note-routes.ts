// Note API of GitLab for merge requests, newest first.

import type { Request, Response, Router } from 'express';
import type { LabComment } from '../comments.ts';
import { addComment, changeComment } from '../mutations.ts';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import { complain, malformed, notFound, pageOf } from './answers.ts';
import { noteShape } from './shapes.ts';

const MAX_LENGTH = 1_000_000;

export function noteRoutes(routes: Router, parts: Parts): void {
  const { pulls, comments } = parts;
  const notes = '/merge_requests/:iid/notes';
  routes.use(notes, (request, response, next) => {
    if (pulls.get(Number(request.params['iid'])) === undefined) notFound(response);
    else next();
  });
  routes.get(notes, (request, response) => {
    const found = comments.of(Number(request.params.iid));
    const sorted = request.query['sort'] === 'asc' ? found : found.toReversed();
    response.json(pageOf(request, response, sorted).map((comment) => noteShape(parts, comment)));
  });
  routes.post(notes, (request, response) => {
    const body = readBody(request, response);
    if (body === undefined) return;
    const comment = addComment(parts, Number(request.params.iid), body, TOKEN_OWNER);
    response.status(201).json(noteShape(parts, comment));
  });
  routes.get(`${notes}/:note`, (request, response) => {
    const comment = noteOf(request, response);
    if (comment !== undefined) response.json(noteShape(parts, comment));
  });
  routes.put(`${notes}/:note`, (request, response) => {
    const comment = noteOf(request, response);
    if (comment === undefined) return;
    if (comment.author !== TOKEN_OWNER) return complain(response, 403, '403 Forbidden');
    const body = readBody(request, response);
    if (body === undefined) return;
    response.json(noteShape(parts, changeComment(parts, comment, body, TOKEN_OWNER)));
  });

  function noteOf(request: Request, response: Response): LabComment | undefined {
    const found = comments.get(Number(request.params['note']));
    if (found?.number === Number(request.params['iid'])) return found;
    notFound(response, 'Note');
    return undefined;
  }
}

function readBody(request: Request, response: Response): string | undefined {
  const body: unknown = request.body?.body;
  if (typeof body !== 'string') malformed(response, 'body is missing');
  else if (body.trim() === '') complain(response, 400, '400 Bad request - Note {:note=>["can\'t be blank"]}');
  else if ([...body].length > MAX_LENGTH) {
    complain(response, 400, `400 Bad request - Note {:note=>["is too long (maximum is ${MAX_LENGTH} characters)"]}`);
  } else return body;
  return undefined;
}
