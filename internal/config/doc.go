// Package config is the configuration of the vpsie-autoscaler binary, one typed struct for all its sub-commands.
//
// A setting comes from, in rising order of precedence, its default, the YAML file given with --config, the environment, and
// the command line. Its names follow from its key: controller.batchIdle is --controller-batch-idle and
// VPSIE_CONTROLLER_BATCH_IDLE. One table (Keys) holds the default, the unit and the meaning of each key; the flags, the help
// text and the reference document are made from it.
//
// The configuration is strict: an unknown key, flag or VPSIE_ variable is a fault, and Load lists all faults at once.
// It holds no secret, only the paths of files that do.
package config
