/**
 * Partition counts. Data topics share one count so that one instrument meets in the same partition number everywhere.
 * Changing it on a running system moves keys between partitions: see docs/adr/0004.
 */
export const dataPartitions = 4;
/** Collection tasks are few and heavy: many partitions let them spread evenly over collectors. */
export const taskPartitions = 16;
/** Small topics that everybody reads whole. */
export const controlPartitions = 1;
