// Comment API and collaborator permissions of GitHub.

import type { Request, Response, Router } from 'express';
import { addComment, changeComment } from '../mutations.ts';
import type { Parts } from '../parts.ts';
import type { Right } from '../people.ts';
import { refuse } from '../refused.ts';
import { loginIn, needs } from './access.ts';
import { fail, invalid, notFound, pageOf } from './answers.ts';
import { commentShape, issueShape } from './pull-shapes.ts';
import { userShape } from './shapes.ts';

const MAX_LENGTH = 65_536;
/** The older field `permission` knows only three of the five roles. */
const OLDER: Readonly<Partial<Record<Right, Right>>> = { maintain: 'write', triage: 'read' };

export function commentRoutes(routes: Router, parts: Parts): void {
  const { pulls, comments } = parts;
  const reads = needs(parts, 'read', 'issues', 'pull_requests');
  const writes = needs(parts, 'write', 'issues', 'pull_requests');
  const isThere = (number: number) => pulls.get(number) !== undefined || comments.issue(number) !== undefined;
  const commentOf = (request: Request) => comments.get(Number(request.params['id']));

  routes.get('/issues/:number', reads, (request, response) => {
    const number = Number(request.params['number']);
    if (isThere(number)) response.json(issueShape(parts, number));
    else notFound(response);
  });
  routes.get('/issues/:number/comments', reads, (request, response) => {
    const number = Number(request.params['number']);
    if (!isThere(number)) return notFound(response);
    response.json(pageOf(request, response, comments.of(number)).map((comment) => commentShape(parts, comment)));
  });
  routes.post('/issues/:number/comments', writes, (request, response) => {
    const number = Number(request.params['number']);
    if (!isThere(number)) return notFound(response);
    const body = readBody(request, response);
    if (body === undefined) return;
    response.status(201).json(commentShape(parts, addComment(parts, number, body, loginIn(response))));
  });
  routes.get('/issues/comments/:id', reads, (request, response) => {
    const comment = commentOf(request);
    if (comment === undefined) notFound(response);
    else response.json(commentShape(parts, comment));
  });
  routes.patch('/issues/comments/:id', writes, (request, response) => {
    const comment = commentOf(request);
    if (comment === undefined) return notFound(response);
    const body = readBody(request, response);
    if (body === undefined) return;
    response.json(commentShape(parts, changeComment(parts, comment, body, loginIn(response))));
  });
}

export function peopleRoutes(routes: Router, parts: Parts): void {
  const { people, place } = parts;
  routes.get('/collaborators/:user/permission', needs(parts, 'read', 'metadata'), (request, response) => {
    const person = people.find(String(request.params['user']));
    if (person === undefined) return fail(response, 404, `${request.params['user']} is not a user`);
    const { login, right } = person;
    const user = { ...userShape(place, people, login), role_name: right };
    response.json({ permission: OLDER[right] ?? right, role_name: right, user });
  });
}

function readBody(request: Request, response: Response): string | undefined {
  const { body } = (request.body ?? {}) as { readonly body?: unknown };
  if (typeof body !== 'string' || body.trim() === '') {
    invalid(response, 'IssueComment', refuse('body', 'missing_field', "body can't be blank"));
  } else if ([...body].length > MAX_LENGTH) {
    invalid(
      response,
      'IssueComment',
      refuse('body', 'custom', `body is too long (maximum is ${MAX_LENGTH} characters)`),
    );
  } else return body;
  return undefined;
}
