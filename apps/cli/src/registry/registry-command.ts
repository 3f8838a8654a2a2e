import { Command } from 'commander';
import { collisionsCommand } from './collisions-command.ts';
import { enrichCommand } from './enrich-command.ts';
import { exportCommand } from './export-command.ts';
import { findCommand } from './find-command.ts';
import { getCommand } from './get-command.ts';
import { historyCommand } from './history-command.ts';
import { importCommand } from './import-command.ts';
import { kafkaPorts } from './kafka-ports.ts';
import type { RegistryPorts } from './ports.ts';
import { registerCommand } from './register-command.ts';

export function registryCommand(ports: RegistryPorts = kafkaPorts): Command {
  return new Command('registry')
    .description(
      'Look up and register instruments, listings, venues, assets, synthetics, tokens and pools ' +
        '(KAFKA_BROKERS, SCHEMA_REGISTRY_URL; else the local stack that runs).',
    )
    .addCommand(getCommand(ports))
    .addCommand(findCommand(ports))
    .addCommand(historyCommand(ports))
    .addCommand(registerCommand(ports))
    .addCommand(enrichCommand(ports))
    .addCommand(collisionsCommand(ports))
    .addCommand(exportCommand(ports))
    .addCommand(importCommand(ports));
}
