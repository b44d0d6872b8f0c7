// Merge request API of GitLab.

import type { Request, Response, Router } from 'express';
import { changePull, mergePull, openPull } from '../mutations.ts';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import type { LabPull, PullChange } from '../pulls.ts';
import { isRefused, type Refused } from '../refused.ts';
import { complain, malformed, notFound, pageOf } from './answers.ts';
import { requestShape, stateOf } from './shapes.ts';

const STATES = ['opened', 'closed', 'locked', 'merged', 'all'];

export function requestRoutes(routes: Router, parts: Parts): void {
  const { pulls } = parts;
  routes.get('/merge_requests', (request, response) => {
    const { state = 'all', target_branch: base, source_branch: head } = request.query;
    if (!STATES.includes(String(state))) return malformed(response, 'state does not have a valid value');
    const found = pulls.all().filter((pull) => {
      const isOne = (base ?? pull.base.branch) === pull.base.branch && (head ?? pull.head.branch) === pull.head.branch;
      return isOne && (state === 'all' || stateOf(pull) === state);
    });
    response.json(pageOf(request, response, found).map((pull) => requestShape(parts, pull)));
  });
  routes.post('/merge_requests', async (request, response) => {
    const { title, source_branch: head, target_branch: base, description = null } = request.body ?? {};
    const missing = Object.entries({ title, source_branch: head, target_branch: base }).filter(([, value]) => !value);
    if (missing.length > 0) return malformed(response, missing.map(([field]) => `${field} is missing`).join(', '));
    const pull = await openPull(parts, { title, head, base, body: description }, TOKEN_OWNER);
    if (isRefused(pull)) refuse(response, pull);
    else response.status(201).json(requestShape(parts, pull));
  });
  routes.get(
    '/merge_requests/:iid',
    withPull((pull, _request, response) => {
      response.json(requestShape(parts, pull));
    }),
  );
  routes.put(
    '/merge_requests/:iid',
    withPull(async (pull, request, response) => {
      const changed = await changePull(parts, pull, changeOf(request.body ?? {}), TOKEN_OWNER);
      if (isRefused(changed)) refuse(response, changed);
      else response.json(requestShape(parts, changed));
    }),
  );
  routes.put(
    '/merge_requests/:iid/merge',
    withPull(async (pull, request, response) => {
      const { sha } = request.body ?? {};
      if (sha !== undefined && sha !== pull.head.sha) {
        return complain(response, 409, `SHA does not match HEAD of source branch: ${pull.head.sha}`);
      }
      const merged = await mergePull(parts, pull, TOKEN_OWNER);
      if (isRefused(merged)) complain(response, 405, '405 Method Not Allowed');
      else response.json(requestShape(parts, merged));
    }),
  );

  function withPull(answer: (pull: LabPull, request: Request, response: Response) => void | Promise<void>) {
    return async (request: Request, response: Response): Promise<void> => {
      const pull = pulls.get(Number(request.params['iid']));
      if (pull === undefined) notFound(response);
      else await answer(pull, request, response);
    };
  }
}

function changeOf(given: Readonly<Record<string, string | undefined>>): PullChange {
  const { title, description: body, target_branch: base, state_event: event } = given;
  const state = event === 'close' ? 'closed' : event === 'reopen' ? 'open' : undefined;
  return Object.fromEntries(Object.entries({ title, body, base, state }).filter(([, value]) => value !== undefined));
}

function refuse(response: Response, { refused: { message, field } }: Refused): void {
  if (message.includes('already exists')) {
    complain(response, 409, ['Another open merge request already exists for this source branch']);
  } else complain(response, 422, { [field]: [message] });
}
