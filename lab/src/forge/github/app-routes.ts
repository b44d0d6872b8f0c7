// Endpoints for an App that acts as itself: its own description, its installations and their tokens.

import type { Response, Router } from 'express';
import type { Parts } from '../parts.ts';
import { refuse } from '../refused.ts';
import { appIn, asApp } from './access.ts';
import { fail, invalid, notFound } from './answers.ts';
import type { LabApp, Permissions } from './app-registry.ts';
import { appShape, repositoryShape, userShape } from './shapes.ts';

export function appRoutes(rest: Router, parts: Parts): void {
  const { place, people, apps } = parts;
  const signed = asApp(parts);
  rest.get('/app', signed, (_request, response) => {
    const app = appIn(response);
    response.json({ ...appShape(place, people, app), installations_count: app.installation === null ? 0 : 1 });
  });
  rest.get('/app/installations', signed, (_request, response) => {
    const app = appIn(response);
    response.json(app.installation === null ? [] : [installationShape(parts, app)]);
  });
  rest.get(`/repos/${place.repository}/installation`, signed, (_request, response) => {
    const app = appIn(response);
    if (app.installation === null) notFound(response);
    else response.json(installationShape(parts, app));
  });
  rest.post('/app/installations/:id/access_tokens', signed, (request, response) => {
    const app = appIn(response);
    if (String(app.installation) !== request.params['id']) return notFound(response);
    const { permissions = app.permissions, repositories } = (request.body ?? {}) as {
      readonly permissions?: Permissions;
      readonly repositories?: readonly string[];
    };
    if (!isWithin(permissions, app.permissions)) {
      return fail(response, 422, 'The permissions requested are not granted to this installation.');
    }
    if (repositories?.some((name) => name !== place.name) === true) return unknownRepository(response);
    const { token, expiresAt } = apps.issue(app, permissions);
    response.status(201).json({
      token,
      expires_at: expiresAt.toISOString().replace(/\.\d+/, ''),
      permissions,
      repository_selection: 'selected',
      ...(repositories === undefined ? {} : { repositories: [repositoryShape(place, people)] }),
    });
  });
}

function unknownRepository(response: Response): void {
  const message =
    'There is at least one repository that does not exist or is not accessible to the parent installation.';
  invalid(response, 'Installation', refuse('repositories', 'invalid', message));
}

function isWithin(asked: Permissions, given: Permissions): boolean {
  return Object.entries(asked).every(([name, level]) => given[name] === level || given[name] === 'write');
}

function installationShape({ place, people }: Parts, app: LabApp) {
  const { id, ...account } = userShape(place, people, place.owner);
  const url = `${place.api}/app/installations/${app.installation}`;
  return {
    id: app.installation,
    account: { id, ...account },
    repository_selection: 'selected',
    access_tokens_url: `${url}/access_tokens`,
    repositories_url: `${place.api}/installation/repositories`,
    html_url: `${place.url}/settings/installations/${app.installation}`,
    app_id: app.id,
    app_slug: app.slug,
    client_id: app.clientId,
    target_id: id,
    target_type: 'User',
    permissions: app.permissions,
    events: app.events,
    created_at: app.createdAt.toISOString(),
    updated_at: app.createdAt.toISOString(),
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
  };
}
