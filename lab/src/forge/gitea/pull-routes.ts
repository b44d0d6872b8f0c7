// Pull request API of Gitea.

import type { Request, Response, Router } from 'express';
import { changePull, mergePull, openPull } from '../mutations.ts';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import type { LabPull } from '../pulls.ts';
import { isRefused, type Refused } from '../refused.ts';
import { complain, pageOf } from './answers.ts';
import { pullShape, reviewShape } from './shapes.ts';

export function pullRoutes(routes: Router, parts: Parts): void {
  const { pulls, place } = parts;
  routes.get('/pulls', (request, response) => {
    const { state = 'open' } = request.query;
    const found = pulls.all().filter((pull) => state === 'all' || pull.state === state);
    response.json(pageOf(request, response, found).map((pull) => pullShape(parts, pull)));
  });
  routes.post('/pulls', async (request, response) => {
    const { title = '', head = '', base = '', body = null } = request.body ?? {};
    const [branch = '', owner = place.owner] = String(head).split(':').reverse();
    const pull = await openPull(parts, { title, head: branch, base, body, fork: owner }, TOKEN_OWNER);
    if (isRefused(pull)) refuse(response, pull);
    else response.status(201).json(pullShape(parts, pull));
  });
  routes.get(
    '/pulls/:number',
    withPull((pull, _request, response) => {
      response.json(pullShape(parts, pull));
    }),
  );
  routes.get(
    '/pulls/:number/reviews',
    withPull((pull, request, response) => {
      const found = parts.reviews.of(pull.number);
      response.json(pageOf(request, response, found).map((review) => reviewShape(parts, review)));
    }),
  );
  routes.patch(
    '/pulls/:number',
    withPull(async (pull, request, response) => {
      const { title, body, state, base } = request.body ?? {};
      const to = Object.entries({ title, body, state, base }).filter(([, value]) => value !== undefined);
      const changed = await changePull(parts, pull, Object.fromEntries(to), TOKEN_OWNER);
      if (isRefused(changed)) refuse(response, changed);
      else response.status(201).json(pullShape(parts, changed));
    }),
  );
  routes.post(
    '/pulls/:number/merge',
    withPull(async (pull, request, response) => {
      if (request.body?.Do !== 'merge') return complain(response, 422, '[Do]: Required');
      const merged = await mergePull(parts, pull, TOKEN_OWNER);
      if (isRefused(merged)) complain(response, 405, 'Please try again later');
      else response.status(200).end();
    }),
  );

  function withPull(answer: (pull: LabPull, request: Request, response: Response) => void | Promise<void>) {
    return async (request: Request, response: Response): Promise<void> => {
      const pull = pulls.get(Number(request.params['number']));
      if (pull === undefined) complain(response, 404, "The target couldn't be found.");
      else await answer(pull, request, response);
    };
  }
}

/** A missing branch is 404; an existing pull request is 409. */
function refuse(response: Response, { refused }: Refused): void {
  const { code, message } = refused;
  if (code === 'invalid') complain(response, 404, "The target couldn't be found.");
  else complain(response, message.includes('already exists') ? 409 : 422, message);
}
