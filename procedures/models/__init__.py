from procedures.models.comment import ProposalComment
from procedures.models.proposal import Proposal, ProposalRevision
from procedures.models.sop import SealKey, Sop, SopVersion

__all__ = ["Proposal", "ProposalComment", "ProposalRevision", "SealKey", "Sop", "SopVersion"]
