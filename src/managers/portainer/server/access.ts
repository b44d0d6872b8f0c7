// How Phoenix comes to a key of its own: the administrator's password opens a session, the session makes the key, and then the
// session goes. Nothing of it is ever in an argument, a plan or a log.

import type { Action, SecretReference } from '../../../model/action.ts';
import { action } from '../../guest/proxmox/command.ts';
import { call } from '../../portainer-api/call.ts';
import { SESSION_FILE, type Service, TOKEN_FILE } from '../../portainer-api/service.ts';
import { KEY_NAME, type User } from './observe.ts';

type Password = SecretReference;

/** Only for another name than the server's own flag gives; somebody who was first is left in place. */
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

/** Keys of the same name are lost ones: nobody can use them any more but who found them. */
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
  return action('forget the session in Portainer', 'live', {
    kind: 'remove',
    paths: [SESSION_FILE],
  });
}
