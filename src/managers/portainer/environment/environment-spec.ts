// The spec of a Portainer environment: a VM that Portainer manages by its agent, or by the Docker socket on Portainer's own VM.

import type { SecretReference } from '../../../model/action.ts';
import type { TargetId } from '../../../model/ids.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Target } from '../../../model/target.ts';
import type { Config } from '../../config.ts';
import { agentsOf, environmentTarget, guestTarget, HOST, PORTAINER_SERVER, primaryOf } from '../../dependencies.ts';
import { textDigest } from '../../guest/digest.ts';
import { serverStackOf } from '../../portainer-api/server-stack.ts';
import { type Service, serviceOf } from '../../portainer-api/service.ts';
import type { VmGuest } from '../../vm/declared.ts';

export type EnvironmentSpec = {
  readonly service: Service;
  /** Name in Portainer, by which it is found. */
  readonly name: string;
  readonly vm: number;
  /** How Portainer reaches it, for example `tcp://agent.example.internal:9001`. */
  readonly url: string;
  /** Null: Portainer's own VM. */
  readonly agent: Agent | null;
};

export type Agent = {
  readonly image: string;
  readonly port: number;
  /** The secret that the server signs requests with. Without it the agent accepts only the first server that contacts it after a start. */
  readonly secret?: SecretReference;
};

const LOCAL_SOCKET = 'unix:///var/run/docker.sock';

export function environmentTargets(config: Config): Target[] {
  const service = serviceOf(config);
  if (service === null) return [];
  const { network, portainerAgentImage: image, portainer } = config.hypervisor;
  const secret = portainer?.agentSecret ?? null;
  const port = network.portainerAgentPort;
  const primary = primaryOf(config);
  const others = primary !== null && primary.stacks.length > (serverStackOf(config, primary) === null ? 0 : 1);
  return [
    ...(others ? [targetOf(service, primary, LOCAL_SOCKET, null)] : []),
    ...agentsOf(config).flatMap((vm) => {
      const { agentHostname } = vm.portainer;
      if (agentHostname === null) return [];
      const name = agentHostname.includes('.') ? agentHostname : `${agentHostname}.${config.hypervisor.domain}`;
      return [
        targetOf(service, vm, `tcp://${name.toLowerCase()}:${port}`, {
          image,
          port,
          ...(secret === null ? {} : { secret }),
        }),
      ];
    }),
  ];
}

function targetOf(service: Service, vm: VmGuest, url: string, agent: Agent | null): Target {
  const spec: EnvironmentSpec = { service, name: vm.portainer.environmentName, vm: vm.id, url, agent };
  const needs: TargetId[] = [PORTAINER_SERVER, guestTarget(vm), ...(agent === null ? [] : [HOST.dns])];
  return {
    id: environmentTarget(vm),
    spec: spec as EnvironmentSpec & JsonObject,
    within: [guestTarget(vm), PORTAINER_SERVER],
    needs,
    protected: false,
  };
}

/** A digest of how the agent is started. */
export function agentRevision(agent: Agent): string {
  return textDigest(JSON.stringify(agent)).slice(0, 32);
}
