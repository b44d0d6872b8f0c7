// Where the values of the gateways' specs are written: who is reached under which name, where, and with which certificate.

import { ADDRESS } from '../guest/places.ts';
import { HYPERVISOR_FILE } from '../places.ts';
import { certificates, composeFiles, guests, own, type Sources, stacks } from '../sources.ts';

const ROUTES = [
  own('/domain_name', '/step_ca', '/portainer_api/portainer_hostname'),
  guests(
    '/name',
    ...ADDRESS,
    '/role',
    '/traefik_service',
    '/docker_stacks',
    '/mount_points',
    '/portainer_role',
    '/portainer_agent_hostname',
  ),
  certificates('/common_name', '/sans', '/cert_path', '/key_path', '/issuer'),
  stacks('/services', '/variables'),
  composeFiles('/services/*/labels', '/services/*/ports'),
];

export const gatewaySources: Sources = {
  entry: () => ({ file: HYPERVISOR_FILE, path: '' }),
  of: () => ROUTES,
  isDerived: () => true,
};
