"""Redfish: the other door to the machine that IPMI commands (DMTF DSP0266 and DSP0268).

`Service` is the core, a function of request and time; `door.Door` has one for each BMC of a fleet; `sockets`
and `memory` carry requests to it.  Fleets are served with both doors by `bmcsim.running(fleet, redfish=True)`,
and `fleet.urls` then says where each BMC's Redfish service is.
"""
