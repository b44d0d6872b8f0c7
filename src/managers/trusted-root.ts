// Path on the node of the environment's root certificate, installed by the host's section `trust`.

export const ROOT_ON_NODE = '/usr/local/share/ca-certificates/phoenix-root.crt';
