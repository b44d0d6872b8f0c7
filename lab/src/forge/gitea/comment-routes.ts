// Comment API of Gitea 1.26: without pagination.

import type { Request, Response, Router } from 'express';
import { addComment, changeComment } from '../mutations.ts';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import { complain } from './answers.ts';
import { commentShape, issueShape } from './shapes.ts';

export function commentRoutes(routes: Router, parts: Parts): void {
  const { pulls, comments } = parts;
  const isThere = (number: number) => pulls.get(number) !== undefined || comments.issue(number) !== undefined;
  const notFound = (response: Response) => complain(response, 404, "The target couldn't be found.");

  routes.get('/issues/:number', (request, response) => {
    const number = Number(request.params['number']);
    if (isThere(number)) response.json(issueShape(parts, number));
    else notFound(response);
  });
  routes.get('/issues/:number/comments', (request, response) => {
    const number = Number(request.params['number']);
    if (!isThere(number)) return notFound(response);
    const all = comments.of(number);
    response.set('x-total-count', String(all.length)).json(all.map((comment) => commentShape(parts, comment)));
  });
  routes.post('/issues/:number/comments', (request, response) => {
    const number = Number(request.params['number']);
    // Error details are only shown to site administrators.
    if (!isThere(number)) return complain(response, 500, '');
    const body = readBody(request, response);
    if (body === undefined) return;
    response.status(201).json(commentShape(parts, addComment(parts, number, body, TOKEN_OWNER)));
  });
  routes.get('/issues/comments/:id', (request, response) => {
    const comment = comments.get(Number(request.params['id']));
    if (comment === undefined) notFound(response);
    else response.json(commentShape(parts, comment));
  });
  routes.patch('/issues/comments/:id', (request, response) => {
    const comment = comments.get(Number(request.params['id']));
    if (comment === undefined) return notFound(response);
    const body = readBody(request, response);
    if (body === undefined) return;
    response.json(commentShape(parts, changeComment(parts, comment, body, TOKEN_OWNER)));
  });
}

function readBody(request: Request, response: Response): string | undefined {
  const body: unknown = request.body?.body;
  if (typeof body === 'string' && body !== '') return body;
  complain(response, 422, '[Body]: Required');
  return undefined;
}
