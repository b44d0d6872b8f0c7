// Check run API of GitHub, for App installations only.

import type { Request, Response, Router } from 'express';
import type { Parts } from '../parts.ts';
import { appIn, loginIn, needs } from './access.ts';
import { fail, notFound, pageOf, unprocessable } from './answers.ts';
import { type CheckRequest, checkProblems } from './check-rules.ts';
import { annotationShape, checkShape } from './check-shapes.ts';
import type { LabCheck } from './checks.ts';

export function checkRoutes(routes: Router, parts: Parts): void {
  const { checks, bare, emit } = parts;
  const reads = needs(parts, 'read', 'checks');
  const writes = needs(parts, 'write', 'checks');

  routes.post('/check-runs', writes, async (request, response) => {
    const fields = (request.body ?? {}) as CheckRequest;
    const problems = checkProblems({ ...fields }, true);
    if (problems.length > 0) return unprocessable(response, problems);
    const sha = /^[0-9a-f]{40}$/.test(fields.head_sha ?? '') ? await bare.commit(fields.head_sha ?? '') : undefined;
    if (sha === undefined) return fail(response, 422, `No commit found for SHA: ${fields.head_sha}`);
    const check = checks.create(appIn(response).id, sha, fields, new Date());
    emit({ kind: 'check', action: 'created', check, by: loginIn(response) });
    if (check.status === 'completed') emit({ kind: 'check', action: 'completed', check, by: loginIn(response) });
    response.status(201).json(checkShape(parts, check));
  });
  routes.patch(
    '/check-runs/:id',
    writes,
    withCheck((check, request, response) => {
      const fields = (request.body ?? {}) as CheckRequest;
      const app = appIn(response).id;
      if (app !== check.app) {
        return fail(
          response,
          403,
          `Invalid app_id \`${app}\` - check run can only be modified by the GitHub App that created it.`,
        );
      }
      const problems = checkProblems({ ...fields }, false);
      if (problems.length > 0) return unprocessable(response, problems);
      const changed = checks.change(check, fields, new Date());
      const ends = changed.status === 'completed' && check.status !== 'completed';
      if (ends) emit({ kind: 'check', action: 'completed', check: changed, by: loginIn(response) });
      response.json(checkShape(parts, changed));
    }),
  );
  routes.get(
    '/check-runs/:id',
    reads,
    withCheck((check, _request, response) => {
      response.json(checkShape(parts, check));
    }),
  );
  routes.get(
    '/check-runs/:id/annotations',
    reads,
    withCheck((check, request, response) => {
      const page = pageOf(request, response, check.annotations);
      response.json(page.map((annotation) => annotationShape(parts, check, annotation)));
    }),
  );
  routes.get('/commits/:ref/check-runs', reads, async (request, response) => {
    const { check_name: name, filter = 'latest', status, app_id: app } = request.query;
    const sha = await bare.commit(String(request.params['ref']));
    if (sha === undefined) return fail(response, 422, `No commit found for SHA: ${request.params['ref']}`);
    const found = (filter === 'all' ? checks.of(sha) : checks.latest(sha)).filter((check) => {
      const isNamed = name === undefined || check.name === name;
      return (
        isNamed && (status === undefined || check.status === status) && (app === undefined || check.app === Number(app))
      );
    });
    const page = pageOf(request, response, found);
    response.json({ total_count: found.length, check_runs: page.map((check) => checkShape(parts, check)) });
  });

  function withCheck(answer: (check: LabCheck, request: Request, response: Response) => void) {
    return (request: Request, response: Response): void => {
      const check = checks.get(Number(request.params['id']));
      if (check === undefined) notFound(response);
      else answer(check, request, response);
    };
  }
}
