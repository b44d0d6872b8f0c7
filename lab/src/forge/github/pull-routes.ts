// Pull request API of GitHub.

import type { Request, Response, Router } from 'express';
import { changePull, mergePull, openPull } from '../mutations.ts';
import type { Parts } from '../parts.ts';
import type { LabPull, PullChange, PullRequested } from '../pulls.ts';
import { isRefused, type Refused, refuse } from '../refused.ts';
import { loginIn, needs } from './access.ts';
import { fail, invalid, notFound, pageOf } from './answers.ts';
import { pullShape, pullSimple, reviewShape } from './pull-shapes.ts';

export function pullRoutes(routes: Router, parts: Parts): void {
  const { pulls } = parts;
  const reads = needs(parts, 'read', 'pull_requests');
  const writes = needs(parts, 'write', 'pull_requests');

  routes.get('/pulls', reads, (request, response) => {
    const found = listed(parts, request);
    if (isRefused(found)) invalid(response, 'PullRequest', found);
    else response.json(pageOf(request, response, found).map((pull) => pullSimple(parts, pull)));
  });
  routes.post('/pulls', writes, async (request, response) => {
    const requested = readRequest(parts, request.body ?? {});
    const pull = isRefused(requested) ? requested : await openPull(parts, requested, loginIn(response));
    if (isRefused(pull)) invalid(response, 'PullRequest', pull);
    else response.status(201).json(pullShape(parts, pull));
  });
  routes.get(
    '/pulls/:number',
    reads,
    withPull((pull, _request, response) => {
      response.json(pullShape(parts, pull));
    }),
  );
  routes.get(
    '/pulls/:number/reviews',
    reads,
    withPull((pull, request, response) => {
      const found = parts.reviews.of(pull.number);
      response.json(pageOf(request, response, found).map((review) => reviewShape(parts, review)));
    }),
  );
  routes.patch(
    '/pulls/:number',
    writes,
    withPull(async (pull, request, response) => {
      const requested = readChange(request.body ?? {});
      const changed = isRefused(requested) ? requested : await changePull(parts, pull, requested, loginIn(response));
      if (isRefused(changed)) invalid(response, 'PullRequest', changed);
      else response.json(pullShape(parts, changed));
    }),
  );
  routes.put(
    '/pulls/:number/merge',
    needs(parts, 'write', 'contents'),
    withPull(async (pull, request, response) => {
      const { sha, merge_method: method = 'merge' } = request.body ?? {};
      if (method !== 'merge') return fail(response, 405, `${method} merges are not allowed on this repository.`);
      if (sha !== undefined && sha !== pull.head.sha) {
        return fail(response, 409, 'Head branch was modified. Review and try the merge again.');
      }
      const merged = await mergePull(parts, pull, loginIn(response));
      if (isRefused(merged)) return fail(response, 405, merged.refused.message);
      response.json({ sha: merged.merged?.sha, merged: true, message: 'Pull Request successfully merged' });
    }),
  );

  type Answer = (pull: LabPull, request: Request, response: Response) => void | Promise<void>;
  function withPull(answer: Answer) {
    return async (request: Request, response: Response): Promise<void> => {
      const pull = pulls.get(Number(request.params['number']));
      if (pull === undefined) notFound(response);
      else await answer(pull, request, response);
    };
  }
}

function listed({ pulls }: Parts, request: Request): readonly LabPull[] | Refused {
  const { state = 'open', base, head } = request.query;
  if (!['open', 'closed', 'all'].includes(String(state))) return refuse('state', 'invalid', `${state} is no state`);
  return pulls.all().filter((pull) => {
    const from = `${pull.head.owner}:${pull.head.branch}`;
    return (
      (state === 'all' || pull.state === state) &&
      (base ?? pull.base.branch) === pull.base.branch &&
      (head ?? from) === from
    );
  });
}

/** The head in a fork is given as `owner:branch`. */
function readRequest({ place }: Parts, body: Readonly<Record<string, unknown>>): PullRequested | Refused {
  const { title, head, base, body: text } = body;
  for (const [field, value] of Object.entries({ title, head, base })) {
    if (typeof value !== 'string' || value === '') return refuse(field, 'missing_field', `${field} is missing`);
  }
  const [branch = '', owner = place.owner] = String(head).split(':').reverse();
  return {
    title: String(title),
    head: branch,
    base: String(base),
    fork: owner,
    body: typeof text === 'string' ? text : null,
  };
}

function readChange(given: Readonly<Record<string, unknown>>): PullChange | Refused {
  const { title, body, state, base } = given;
  for (const [field, value] of Object.entries({ title, state, base })) {
    if (value !== undefined && typeof value !== 'string') return refuse(field, 'invalid', `${field} is not a string`);
  }
  if (state !== undefined && state !== 'open' && state !== 'closed')
    return refuse('state', 'invalid', `${state} is no state`);
  return {
    ...(title === undefined ? {} : { title: String(title) }),
    ...(body === undefined ? {} : { body: body === null ? null : String(body) }),
    ...(state === undefined ? {} : { state }),
    ...(base === undefined ? {} : { base: String(base) }),
  };
}
