# SPDX-License-Identifier: Apache-2.0
"""Room: act - automatic compression: what is asked for, in which order, and whether it was enough.
In:   a float model, a job (strategies, or a YAML file), data, and a function that judges sessions.
Out:  a .nb, a report, and a folder of finished stages from which a run that was interrupted goes on.
May import: strategies, analysis, report, counting, convert, tuning, quant, passes, nb, ir, session, errors;
      what trains (training, qat, pruning, distillation, torch_bridge) in ``trained`` alone.
"""
