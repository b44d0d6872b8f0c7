// Where the values of the Portainer server and its environments are written in the files.

import { environmentTarget, PORTAINER_SERVER } from '../dependencies.ts';
import { ADDRESS } from '../guest/places.ts';
import { HYPERVISOR_FILE } from '../places.ts';
import { certificates, composeFiles, guests, host, own, type Sources, stacks } from '../sources.ts';

const SERVER = [
  own('/portainer_api', '/domain_name', '/network/portainer_agent_port', '/docker/portainer_agent_image'),
  guests('/portainer_role', '/docker_stacks', '/volumes', ...ADDRESS, '/traefik_service'),
  stacks('/variables', '/files', '/services'),
  composeFiles(''),
  certificates('/common_name', '/cert_path', '/key_path', '/sans'),
];
const ENVIRONMENT = [
  own('/portainer_role', '/portainer_environment_name', '/portainer_agent_hostname', '/name', ...ADDRESS),
  host('/portainer_api', '/domain_name', '/network/portainer_agent_port', '/docker/portainer_agent_image'),
  guests('/portainer_role', ...ADDRESS, '/traefik_service'),
];

export const portainerSources: Sources = {
  entry: (config, target) =>
    target === PORTAINER_SERVER
      ? { file: HYPERVISOR_FILE, path: '' }
      : (config.vm.find((vm) => environmentTarget(vm) === target)?.writtenAt ?? null),
  of: (target) => (target === PORTAINER_SERVER ? SERVER : ENVIRONMENT),
};
