// Where the node keeps the root certificate of the environment, once section `trust` of the host has put it there.

export const ROOT_ON_NODE = '/usr/local/share/ca-certificates/phoenix-root.crt';
