// Obtains Phoenix's API key: the administrator's password opens a session, the session creates the key, and is then deleted. None of these secrets is
// ever in an argument, a plan or a log.

import type { Action, SecretReference } from '../../../model/action.ts';
import { action } from '../../guest/proxmox/command.ts';
import { call } from '../../portainer-api/call.ts';
import { SESSION_FILE, type Service, TOKEN_FILE } from '../../portainer-api/service.ts';
import { KEY_NAME, type User } from './observe.ts';

type Password = SecretReference;

/** Only for a user name other than the one that the server's own flag creates; an existing first user is left in place. */
export function createAdmin(service: Service, name: string, password: Password, setupToken: string | null): Action {
  const request = call(service, 'POST', '/users/admin/init', {
    by: 'nobody',
    headers: setupToken === null ? {} : { 'X-Setup-Token': setupToken },
    body: { json: { Username: name, Password: password } },
    accept: [200, 409],
  });
  return action(`make ${name} the administrator of Portainer`, 'live', request);
}

export function logIn(service: Service, name: string, password: Password): Action {
  const request = call(service, 'POST', '/auth', {
    by: 'nobody',
    body: { json: { Username: name, Password: password } },
    keep: { pointer: '/jwt', path: SESSION_FILE },
  });
  return action(`open a session in Portainer as ${name}`, 'live', request);
}

/** Existing keys of this name are lost ones, which only somebody who found them could use, so they are deleted. */
export function makeKey(service: Service, { id, ownKeys }: User, password: Password): Action[] {
  const by = { bearer: SESSION_FILE };
  const withdraw = ownKeys.map((key) =>
    action(
      `withdraw the lost key ${key} of Phoenix`,
      'live',
      call(service, 'DELETE', `/users/${id}/tokens/${key}`, { by, accept: [204, 404] }),
    ),
  );
  const make = call(service, 'POST', `/users/${id}/tokens`, {
    by,
    body: { json: { password, description: KEY_NAME } },
    keep: { pointer: '/rawAPIKey', path: TOKEN_FILE },
  });
  return [...withdraw, action('make a key to Portainer for Phoenix', 'live', make), forgetSession()];
}

export function forgetSession(): Action {
  return action('end the session in Portainer', 'live', {
    kind: 'remove',
    paths: [SESSION_FILE],
  });
}
